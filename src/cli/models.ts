import { entryOf, factsOf, knownModels, SOURCES, vendorOf } from '../catalogue/index.ts';
import type { Config } from '../config/config.ts';
import type { Json } from '../model/json.ts';
import { EXIT } from './exit.ts';
import { configAtHand } from './load.ts';
import { paint, say, table } from './print.ts';

interface ModelsOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** What is known of one model. */
export interface KnownModel {
  readonly name: string;
  /** Whose entry of the catalogue it goes by; absent: it has none, and gets its vendor's most careful rules. */
  readonly entry?: string;
  readonly facts: readonly { readonly fact: string; readonly value: Json; readonly source: string; readonly checked?: string }[];
}

/** `headgate models [name]`: what is known of models and who says so, the operator's own facts included. */
export function models(name: string | undefined, { config: named, json }: ModelsOptions): number {
  const found = configAtHand(named);
  if (!found) return EXIT.failed;
  const { config } = found;
  if (name !== undefined) {
    const known = knownOf(name, config);
    if (json) print(known);
    else for (const line of lines(known)) say(line);
    return EXIT.ok;
  }
  const own = [...(config?.modelFacts.keys() ?? [])];
  const all = [...new Set([...own, ...knownModels().map((model) => model.name)])].map((each) => knownOf(each, config));
  if (json) print(all);
  else for (const line of overview(all)) say(line);
  return EXIT.ok;
}

const print = (value: unknown) => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);

/** The catalogue's facts, those over them that the operator wrote by the model's name, and over both those by `provider/model`. */
function knownOf(name: string, config: Config | undefined): KnownModel {
  const slash = name.indexOf('/');
  const provider = slash > 0 ? config?.providers.get(name.slice(0, slash)) : undefined;
  const model = provider ? name.slice(slash + 1) : name;
  const vendor = provider?.vendor ?? vendorOf(model) ?? 'other';
  const entry = vendor === 'other' ? undefined : entryOf(model, vendor);
  const facts = new Map<string, KnownModel['facts'][number]>();
  for (const [fact, value] of Object.entries(factsOf(model, vendor))) facts.set(fact, { fact, value: value as Json, ...SOURCES[vendor] });
  for (const place of provider ? [model, name] : [model])
    for (const [fact, value] of Object.entries(config?.modelFacts.get(place) ?? {}))
      facts.set(fact, { fact, value: value as Json, source: `modelFacts.${place} of your configuration` });
  return { name, ...(entry !== undefined && { entry }), facts: [...facts.values()] };
}

const lines = ({ name, entry, facts }: KnownModel): string[] => [
  entry === undefined
    ? `${paint('bold', name)}: not in the catalogue; what nobody knows of it is taken to be as its vendor’s most careful rules say`
    : `${paint('bold', name)}${entry === name || name.endsWith(`/${entry}`) ? '' : `: goes by the entry of ${entry}`}`,
  ...table(
    ['fact', 'value', 'source', 'checked'],
    facts.map(({ fact, value, source, checked = '' }) => [fact, textOf(value), source, checked]),
  ),
];

const overview = (all: readonly KnownModel[]): string[] =>
  table(
    ['model', 'window', 'longest answer', 'efforts', 'checked', 'your own'],
    all.map(({ name, facts }) => {
      const said = (fact: string) => textOf(facts.find((one) => one.fact === fact)?.value ?? '');
      const own = facts.filter(({ checked, source }) => checked === undefined && source.startsWith('modelFacts.'));
      const checked = facts.find((one) => one.checked !== undefined)?.checked ?? '';
      return [name, said('contextTokens'), said('outputTokensMax'), said('efforts'), checked, own.map(({ fact }) => fact).join(', ')];
    }),
  );

const textOf = (value: Json): string => (Array.isArray(value) ? value.join(', ') : String(value));
