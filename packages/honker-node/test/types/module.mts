import honker, { Database, open, UpdateEvents, version } from 'honker';
import type { Backend, HonkerError, OpenOptions, Stats, Update, UpdateEventsOptions } from 'honker';

const backend: Backend = 'auto';
const options: OpenOptions = { watcherBackend: backend, pollInterval: 5, onReplace: 'follow' };

export async function consume(signal: AbortSignal): Promise<number> {
  using db: Database = open(new URL('file:///tmp/app.db'), options);
  const wanted: UpdateEventsOptions = { signal, since: db.position(), idlePollS: 30 };
  await using events: UpdateEvents = db.updateEvents(wanted);
  let commits = 0;
  try {
    for await (const update of events) {
      const { seq, exact, kind }: Update = update;
      if (kind === 'replaced' || !exact) console.log(seq);
      commits += update.commits;
      // @ts-expect-error: it is frozen
      update.commits = 0;
    }
  } catch (error) {
    const { code, reason } = error as HonkerError;
    console.log(code, reason?.length);
  }
  const stats: Stats = db.stats();
  return commits + stats.wakes + version.length;
}

export const specified: Database = honker.open('app.db', undefined, 'shm');

// @ts-expect-error: there is no such backend
honker.open('app.db', undefined, 'inotify');
// @ts-expect-error: milliseconds are a number
honker.open('app.db', { pollInterval: '1ms' });
// @ts-expect-error: it was spelled so in Python
specified.update_events();
