import type { When } from '../policy/prefer.ts';
import { unknownProvider } from './build-prices.ts';
import type { Complain } from './build-provider.ts';
import type { Config, ModelRoute, RouteTarget } from './config.ts';
import type { Path } from './interpolate.ts';
import { present } from './present.ts';
import { pathText } from './problems.ts';
import type { Written } from './schema.ts';

type WrittenRouting = Pick<Extract<NonNullable<Written['models']>[string], { strategy?: unknown }>, 'prefer' | 'split' | 'shadow'>;

/** What of a model name's settings chooses by what a call is like, tries others, or copies. */
export function buildRouting(
  { prefer, split, shadow }: WrittenRouting,
  path: Path,
  providers: Config['providers'],
  complain: Complain,
): Pick<ModelRoute, 'prefer' | 'split' | 'shadow'> {
  const targets = (to: readonly string[], at: Path) => to.map((one) => buildTarget(one, 1, [...path, ...at], providers, complain));
  return {
    ...(prefer && {
      prefer: prefer.map(({ when, to }, index) => ({
        when: whenOf(when, [...path, 'prefer', index], complain),
        to: targets(to, ['prefer', index, 'to']),
      })),
    }),
    ...(split && {
      split: { name: split.name, share: split.percent / 100, by: split.by ?? 'call', to: targets(split.to, ['split', 'to']) },
    }),
    ...(shadow && {
      shadow: { share: shadow.percent / 100, concurrencyMax: shadow.concurrencyMax ?? 8, to: targets(shadow.to, ['shadow', 'to']) },
    }),
  };
}

type WrittenWhen = NonNullable<WrittenRouting['prefer']>[number]['when'];

function whenOf(written: WrittenWhen, path: Path, complain: Complain): When {
  for (const [name, value] of Object.entries(written)) {
    if (value === undefined || typeof value !== 'object' || Array.isArray(value)) continue;
    const { atLeast, atMost } = value as { atLeast?: number; atMost?: number };
    if (atLeast !== undefined && atMost !== undefined && atLeast > atMost) {
      const at = [...path, 'when', name];
      complain(at, `${pathText(at)} can never hold: atLeast ${atLeast} is above atMost ${atMost}`);
    }
  }
  const { pdf, pdfPages, images, imageDetail } = written;
  const never = (name: string, why: string) =>
    complain([...path, 'when', name], `${pathText([...path, 'when', name])} can never hold: ${why}`);
  if (pdfPages && pdf === false) never('pdfPages', 'there are no pages where pdf is false');
  else if (pdfPages?.atMost === 0) never('pdfPages', 'a PDF has a page at least');
  if (imageDetail && (images === false || (typeof images === 'object' && images.atMost === 0)))
    never('imageDetail', 'images asks for calls without pictures');
  return present(written) as When;
}

/** A target as written, `provider/model`. */
export function buildTarget(to: string, weight: number, path: Path, providers: Config['providers'], complain: Complain): RouteTarget {
  const slash = to.indexOf('/');
  const provider = to.slice(0, slash);
  if (!providers.has(provider)) complain(path, unknownProvider(path, provider, providers));
  return { provider, model: to.slice(slash + 1), weight };
}
