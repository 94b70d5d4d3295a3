import { didYouMean } from '../config/nearest.ts';
import { tryRecipient } from '../monitor/alerts/trial.ts';
import { post } from '../transport/post.ts';
import { EXIT } from './exit.ts';
import { configFile, loadOrComplain } from './load.ts';
import { complain, paint, say } from './print.ts';

/** `headgate alerts test`: a trial to every recipient, or those named; fails when one does not take it. */
export async function alertsTest(names: readonly string[], { config: named }: { readonly config?: string }): Promise<number> {
  const config = loadOrComplain(configFile(named));
  if (!config) return EXIT.failed;
  const recipients = config.alerts?.recipients ?? new Map<string, never>();
  const unknown = names.find((name) => !recipients.has(name));
  if (unknown !== undefined || recipients.size === 0) {
    const known = [...recipients.keys()];
    complain(
      unknown === undefined || known.length === 0
        ? 'error: notify in the configuration names nobody to tell'
        : `error: "${unknown}" is not in notify${didYouMean(unknown, known) || `; there are ${known.join(', ')}`}`,
    );
    return EXIT.failed;
  }
  const chosen = [...recipients].filter(([name]) => names.length === 0 || names.includes(name));
  const trials = await Promise.all(chosen.map(([name, recipient]) => tryRecipient(name, recipient, post, Date.now())));
  for (const { name, failure } of trials) {
    say(failure === undefined ? `${paint('green', '✔')} ${name} took it` : `${paint('red', '✖')} ${name}: ${failure}`);
  }
  return trials.some(({ failure }) => failure !== undefined) ? EXIT.failed : EXIT.ok;
}
