import { type ExplainedTarget, explainRoute, type RouteExplanation } from '../explain-route.ts';
import { languageIn } from '../model/language.ts';
import { realWorld } from '../world/real.ts';
import { EXIT } from './exit.ts';
import { configFile, loadOrComplain } from './load.ts';
import { complain, paint, say, table } from './print.ts';
import { type RequestOptions, readRequest } from './read-request.ts';

interface RouteOptions extends RequestOptions {
  /** A file with a request's body, or `-` for standard input. */
  readonly explain: string;
  readonly feature?: string;
  readonly user?: string;
  readonly tag: Readonly<Record<string, string>>;
  /** A caller's `accept-language`. */
  readonly language?: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** `headgate route --explain`: where a call would go and why, without making it. Fails when it could go nowhere. */
export async function route(options: RouteOptions): Promise<number> {
  const config = loadOrComplain(configFile(options.config));
  if (!config) return EXIT.failed;
  const { feature, user, tag: tags } = options;
  const language = languageIn(options.language ?? '');
  const explained = explainRoute(config, realWorld, {
    ...(await readRequest(options.explain, options)),
    caller: { key: 'anonymous', tags, ...(feature !== undefined && { feature }), ...(user !== undefined && { user }) },
    ...(language !== undefined && { language }),
  });
  if ('kind' in explained) {
    complain(`error: ${explained.message}`);
    return EXIT.failed;
  }
  if (options.json) process.stdout.write(`${JSON.stringify(explained, null, 2)}\n`);
  else for (const line of lines(explained)) say(line);
  return explained.targets.some(({ asked }) => asked) ? EXIT.ok : EXIT.failed;
}

function lines({ model, strategy, inputTokens, preferences, split, shadow, targets }: RouteExplanation): string[] {
  return [
    `${paint('bold', model)}: ${strategy}, a question of about ${inputTokens} tokens`,
    ...preferences.map(({ to, unmet, taken }, index) => {
      const verdict = taken ? paint('green', 'taken') : unmet === undefined ? 'fits too, but an earlier one counts' : `no: ${unmet}`;
      return `preference ${index + 1}, to ${to.join(', ')}: ${verdict}`;
    }),
    ...(split ? [`split "${split.name}": ${split.percent} % of calls that no preference takes go to ${split.to.join(', ')} first`] : []),
    ...(shadow ? [`shadow: ${shadow.percent} % of calls are copied to ${shadow.to.join(', ')}`] : []),
    ...table(
      ['', 'target', 'asked in', 'about', 'why'],
      targets.map((one, place) => [String(place + 1), one.target, one.dialect, one.usd === null ? 'no price' : `$${one.usd}`, reason(one)]),
    ),
    ...targets.flatMap(({ target, losses }) =>
      losses.map(({ path, impact, note }) => paint('dim', `${target} would lose ${path} (${impact}): ${note}`)),
    ),
  ];
}

const reason = ({ why, obstacle, asked }: ExplainedTarget) =>
  obstacle === undefined ? why : asked ? `last: ${obstacle}` : `never: ${obstacle}`;
