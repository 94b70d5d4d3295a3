import { dialectOf } from '../../src/dialects/registry.ts';
import { HeadgateError } from '../../src/model/failure.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { asked, type Case, PAIRS, replyCases, requestCases } from '../support/cases.ts';
import { ANYTHING } from '../support/facts.ts';
import { brief, leavesOf, otherThan, type Path, pathText, valueAt, withValue } from '../support/json.ts';
import { law } from '../support/law.ts';
import { sample } from '../support/recorded.ts';
import { SILENT } from '../support/silent.ts';

for (const [from, to] of PAIRS) {
  law(`no leaf of a ${from} request is lost in silence on the way to ${to}`, () =>
    changing(requestCases(from, 60), SILENT[from].request, (wire) => {
      const { wire: out, losses, headers } = dialectOf(to).encodeRequest(dialectOf(from).decodeRequest(wire), ANYTHING);
      return { out, losses, headers };
    }),
  );
  law(`no leaf of a ${from} answer is lost in silence on the way to ${to}`, () =>
    changing(replyCases(from, 60), SILENT[from].reply, (wire) => {
      const reply = dialectOf(from).decodeReply(wire);
      const { wire: out, losses } = dialectOf(to).encodeReply(reply, asked(to));
      // The ledger keeps the tier and the provider's usage object, whole.
      return { out, losses, ledger: reply.usage };
    }),
  );
}

function* changing(cases: readonly Case<JsonObject>[], silent: readonly RegExp[], carry: (wire: JsonObject) => unknown) {
  for (const { name, wire, ours } of cases) {
    const before = outcome(wire, carry);
    if (before.refused) {
      if (ours && !before.lawful) yield `${name}: ${before.text}`;
      continue;
    }
    // A null says nothing that could be lost.
    const leaves = [...leavesOf(wire)].filter(
      (path) => valueAt(wire, path) !== null && !silent.some((pattern) => pattern.test(pathText(path))),
    );
    for (const path of ours ? leaves : sample(leaves, 60)) {
      const after = outcome(changed(wire, path), carry);
      if (after.refused && !after.lawful) yield `${name}: ${pathText(path)}: ${after.text}`;
      if (after.text === before.text) yield `${name}: ${pathText(path)} = ${brief(valueAt(wire, path))}`;
    }
  }
}

const changed = (wire: JsonObject, path: Path): JsonObject => withValue(wire, path, otherThan(valueAt(wire, path))) as JsonObject;

/** What came of it, as text; to refuse is lawful only as a failure of ours. */
function outcome(wire: JsonObject, carry: (wire: JsonObject) => unknown) {
  try {
    return { refused: false, lawful: true, text: JSON.stringify(carry(wire)) };
  } catch (error) {
    return {
      refused: true,
      lawful: error instanceof HeadgateError,
      text: `refused: ${error instanceof HeadgateError ? error.message : (error as Error).stack}`,
    };
  }
}
