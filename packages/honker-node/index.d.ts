/**
 * honker wakes you on every commit to a SQLite database, whoever makes it.
 *
 * ```js
 * const db = honker.open('app.db');
 * for await (const update of db.updateEvents()) {
 *   console.log(`${update.commits} commit(s): read again what you depend on`);
 * }
 * ```
 *
 * Watching is harmless: no lock is taken, nothing is written, and no second SQLite enters your process.
 */

/**
 * Where wakes come from: `polling` (the default) looks each `pollInterval`; `kernel` is woken by the operating
 * system's file events; `shm` is for WAL databases under load; `auto` is `kernel` where that works, else `polling`.
 */
export type Backend = 'polling' | 'kernel' | 'shm' | 'auto';

/** What to do when the database file is replaced: see {@link OpenOptions.onReplace}. */
export type OnReplace = 'die' | 'follow';

/** How to watch. */
export interface OpenOptions {
  /** `polling` if left out. The third argument of {@link open} is the same, and comes first. */
  readonly watcherBackend?: Backend | null | undefined;
  /** How often polling looks, in milliseconds: 1 if left out, 0.1 to 60,000. */
  readonly pollInterval?: number | null | undefined;
  /** Whether a missing file is an error. If left out, it is watched until its first commit. */
  readonly mustExist?: boolean | null | undefined;
  /**
   * `die`, the default, rejects where subscribers wait, with the code `ERR_HONKER_DIED`. `follow` wakes them once, with
   * the kind `replaced`, and watches the new file.
   */
  readonly onReplace?: OnReplace | null | undefined;
}

/** What is wanted of a subscription. */
export interface UpdateEventsOptions {
  /** Ends the subscription: who waits first gets an `AbortError`, and for the others it is done. */
  readonly signal?: AbortSignal | null | undefined;
  /**
   * A position from {@link Database.position}, perhaps of an earlier run: the first wake comes at once if anything may
   * have been committed after it, and not if provably nothing was.
   */
  readonly since?: string | null | undefined;
  /**
   * The least time between two wakes, in milliseconds: 0 to 2^31 - 1. What is committed meanwhile is one wake when it is over.
   */
  readonly minInterval?: number | null | undefined;
  /** A wake of the kind `idle` comes when there was none for so many **seconds**: 0.001 to 2,147,483. */
  readonly idlePollS?: number | null | undefined;
}

/** One wake: everything that was committed since the previous one. It is frozen. */
export interface Update {
  /** The number of this wake, counted per database from 1. */
  readonly seq: number;
  /** How many commits it stands for, by SQLite's own count: a safe integer. */
  readonly commits: number;
  /** Whether `commits` is exact. If not it is a lower bound. */
  readonly exact: boolean;
  /** `commit`; `replaced`, with `onReplace: 'follow'`; or `idle`, with `idlePollS`. */
  readonly kind: 'commit' | 'replaced' | 'idle';
}

/** What a watcher has done since it was opened. Counters only grow, and are safe integers. */
export interface Stats {
  /** The backend that was asked for. */
  requested: Backend;
  /** The backend that runs. */
  effective: Backend;
  /** Why it is another one. */
  fallback: string | null;
  /** What the file system keeps the watcher from seeing, if anything. */
  caution: string | null;
  /** How often the database was looked at. */
  looks: number;
  /** Looks that found a commit under way. */
  busyLooks: number;
  /** Wakes, of this database. */
  wakes: number;
  /** The commits that they stood for. */
  commits: number;
  /** How often the file was replaced and the new one followed. */
  replacements: number;
  /** Wakes that were not exact, by reason: `docs/guarantees.md` lists them. */
  conservative: Record<string, number>;
  /** File events. */
  hints: number;
  /** Looks that no event asked for: each 100 ms, and each 500 ms once nothing has happened for a second. */
  sweeps: number;
  /** Those that found a commit which no event had told. */
  sweepsFound: number;
  /** How often the operating system dropped events. */
  overflows: number;
  /** How often there were so many events that polling took over for a while. */
  storms: number;
  /** The time between polling looks as it really was, in milliseconds. */
  achievedPeriod: number | null;
  /** Whether what honker closes cannot drop a lock of this process by construction. */
  privateDescriptorTable: boolean;
  /** Subscriptions that are open. */
  subscribers: number;
  /** The last trouble that the watcher got over, or died of. */
  lastError: string | null;
}

/**
 * An error of honker. Its message says what to do.
 *
 * | `code` | |
 * |---|---|
 * | `ENOENT` | the file (with `mustExist`) or its directory is missing |
 * | `EISDIR`, `EACCES` | the path names a directory; access is refused |
 * | `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` | an argument, also a path that names no file (`:memory:`, a URI) |
 * | `ERR_HONKER_DIED` | the watcher died, most likely because the file was replaced; `reason` says why |
 * | `ERR_HONKER_CLOSED` | the `Database` is closed |
 * | `ERR_HONKER` | anything else: what the path leads to is no database, or the backend cannot work here |
 */
export interface HonkerError extends Error {
  readonly code: string;
  /** With `ERR_HONKER_DIED`: why. */
  readonly reason?: string;
}

/** A watched database, from {@link open}. It holds no connection. */
export class Database implements Disposable {
  /** As {@link open}. */
  constructor(
    path: string | Uint8Array | URL,
    options?: OpenOptions | null,
    watcherBackend?: Backend | null,
  );
  /**
   * Subscribes: commits from here on wake. Subscribe first and then read what you depend on: so nothing is lost.
   *
   * @throws {HonkerError} The database was closed, or its watcher has died; an option is none that there is.
   * @throws An `AbortError` if the signal was aborted before.
   */
  updateEvents(options?: UpdateEventsOptions | null): UpdateEvents;
  /**
   * What has been seen up to now: one word, to keep and to subscribe from later. Take it before you read: the two
   * together miss nothing.
   */
  position(): string;
  /** Ends every subscription: their iterations end, also where somebody waits. The second time it does nothing. */
  close(): void;
  /** Whether `close()` was called. */
  readonly closed: boolean;
  /** The database's path, absolute. */
  readonly path: string;
  /** The backend that runs, which `auto` and a fall-back decide. */
  readonly backend: Backend;
  /** What has been done so far. */
  stats(): Stats;
  [Symbol.dispose](): void;
}

/**
 * A subscription, from {@link Database.updateEvents}. It sees every commit from then on.
 *
 * There is no queue of updates: what was committed while nobody waited is one. While somebody waits for it, the process
 * stays alive, as for a timer.
 */
export class UpdateEvents implements AsyncIterableIterator<Update>, AsyncDisposable {
  private constructor();
  /**
   * Waits for commits. Several who wait are served in their order.
   *
   * It rejects with `ERR_HONKER_DIED` when the watcher dies; after `close()`, here or of the `Database`, the iteration
   * is done.
   */
  next(): Promise<IteratorResult<Update, undefined>>;
  /** Ends it, as leaving a `for await` loop does. */
  return(): Promise<IteratorResult<Update, undefined>>;
  /** Ends it, also where somebody waits. The second time it does nothing. */
  close(): void;
  /** Has waiting keep the process alive, as it does from the beginning. */
  ref(): this;
  /** Has waiting not keep the process alive. */
  unref(): this;
  [Symbol.asyncIterator](): this;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Watches a SQLite database.
 *
 * Returns once the starting state is recorded: a commit before that never wakes, one after it always does. Nothing is
 * ever created or changed. A missing file is watched until its first commit.
 *
 * @param path The database file; its directory has to exist. A `Uint8Array` for a name that is not UTF-8.
 * @param watcherBackend As the option of that name.
 * @throws {HonkerError} See its codes.
 */
export function open(
  path: string | Uint8Array | URL,
  options?: OpenOptions | null,
  watcherBackend?: Backend | null,
): Database;

/** The version of this package. */
export const version: string;
