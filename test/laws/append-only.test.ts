import { dialectOf } from '../../src/dialects/registry.ts';
import { failureOf } from '../../src/model/failure.ts';
import type { JsonObject } from '../../src/model/json.ts';
import type { DialectName } from '../../src/model/part.ts';
import type { ModelRequest } from '../../src/model/request.ts';
import { ALL_PAIRS, requestCases } from '../support/cases.ts';
import { FACTS } from '../support/facts.ts';
import { law } from '../support/law.ts';

for (const [from, to] of ALL_PAIRS) {
  law(`a ${from} conversation only grows at its end when it is sent on as ${to}`, function* () {
    for (const { name, wire } of requestCases(from, 40)) {
      const request = decoded(from, wire);
      if (!request) continue;
      for (const [facts, model] of Object.entries(FACTS)) {
        let shorter: Sent | undefined;
        for (const end of cuts(request)) {
          const longer = sent(to, { ...request, turns: request.turns.slice(0, end) }, model);
          if (shorter && longer && !continues(shorter, longer))
            yield `${name}: ${end} turns, for ${facts}: ${firstChange(shorter, longer)}`;
          shorter = longer;
        }
      }
    }
  });
}

/** What a provider's cache is keyed by, in the order it is rendered, as text. */
interface Sent {
  readonly before: string;
  readonly messages: string;
}

/** Ends of all the requests that led to this one: after each user turn that an assistant answered, and its own. */
const cuts = ({ turns }: ModelRequest): number[] =>
  turns.flatMap(({ role }, at) => ((role === 'user' && turns[at + 1]?.role === 'assistant') || at === turns.length - 1 ? [at + 1] : []));

function sent(to: DialectName, request: ModelRequest, facts: (typeof FACTS)[string]): Sent | undefined {
  try {
    const { wire, losses } = dialectOf(to).encodeRequest(request, facts);
    // Refused by default, and where whole turns go missing their neighbours become one.
    if (losses.some(({ impact, note }) => impact === 'content' || /begins with the user/.test(note))) return undefined;
    const { turnsField } = dialectOf(to);
    return {
      before: JSON.stringify([wire['tools'], wire['system'], wire['instructions']]),
      messages: JSON.stringify(wire[turnsField] ?? []),
    };
  } catch (error) {
    if (failureOf(error).kind === 'broken') throw error;
    return undefined;
  }
}

const continues = (shorter: Sent, longer: Sent): boolean =>
  longer.before === shorter.before &&
  (longer.messages === shorter.messages || longer.messages.startsWith(`${shorter.messages.slice(0, -1)},`));

function firstChange(shorter: Sent, longer: Sent): string {
  if (shorter.before !== longer.before) return `before the messages: ${shorter.before.slice(0, 100)} became ${longer.before.slice(0, 100)}`;
  const at = [...shorter.messages].findIndex((character, index) => character !== longer.messages[index]);
  return `…${shorter.messages.slice(Math.max(0, at - 40), at + 60)} became …${longer.messages.slice(Math.max(0, at - 40), at + 60)}`;
}

function decoded(from: DialectName, wire: JsonObject): ModelRequest | undefined {
  try {
    return dialectOf(from).decodeRequest(wire);
  } catch {
    return undefined;
  }
}
