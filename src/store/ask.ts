import { DatabaseError } from './database.ts';
import type { Order, TaskNews } from './messages.ts';
import type { InputOf, OutputOf, TaskName } from './tasks.ts';

/**
 * Has a task done in the database's thread. Rejects with a `DatabaseError`: a passing one when the
 * database or its thread is not there at the moment, and then nothing tells whether the task was done.
 */
export type Ask = <N extends TaskName>(name: N, input: InputOf<N>) => Promise<OutputOf<N>>;

/** Questions on their way to the database's thread and back. */
export interface Questions {
  readonly ask: Ask;
  readonly open: number;
  hear(news: TaskNews): void;
  /** Nobody will answer any of those open. */
  fail(reason: string): void;
  /** Those asked from now on are not even sent. */
  close(): void;
}

/** `send` says whether the order went off; `place` names the database in errors. */
export function createQuestions(send: (order: Order) => boolean, place: string): Questions {
  let lastId = 0;
  let closed = false;
  const open = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  const unanswered = (reason: string, passing: boolean) => new DatabaseError(`${place} cannot answer: ${reason}`, passing);

  return {
    ask(name, input) {
      if (closed) return Promise.reject(new DatabaseError(`${place} is closed`, false));
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        open.set(id, { resolve, reject });
        if (send({ type: 'task', id, name, input })) return;
        open.delete(id);
        reject(unanswered('its thread is being started again', true));
      });
    },
    get open() {
      return open.size;
    },
    hear(news) {
      const question = open.get(news.id);
      open.delete(news.id);
      if (news.type === 'answer') question?.resolve(news.value as never);
      else question?.reject(unanswered(news.message, news.passing));
    },
    fail(reason) {
      for (const { reject } of open.values()) reject(unanswered(reason, true));
      open.clear();
    },
    close() {
      closed = true;
    },
  };
}
