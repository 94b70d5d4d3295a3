import assert from 'node:assert/strict';
import test from 'node:test';

/**
 * A test that yields what breaks a law, one line each, and passes when it yields nothing. Shows the
 * first twenty and how many there are: one missing line in a codec breaks many cases alike.
 */
export function law(title: string, breaches: () => Iterable<string> | AsyncIterable<string>): void {
  test(title, async () => {
    const all = await Array.fromAsync(breaches());
    assert.equal(all.length, 0, `${all.length} breaches:\n  ${all.slice(0, 20).join('\n  ')}${all.length > 20 ? '\n  …' : ''}`);
  });
}
