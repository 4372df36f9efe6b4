/*
 * honker wakes a program on every commit to a SQLite database: any writer process, any journal mode, nothing written.
 *
 * The rules of this interface:
 *
 * - Functions that can fail give a honker_code: 0 is success, below 0 is an error, and HONKER_TIMEOUT is neither.
 * - Where there is a `honker_error **error`, it may be NULL. Otherwise it is set in any case: to NULL, or to an error that
 *   says what went wrong and what to do, which is yours to free with honker_error_free().
 * - What comes out through a `char **` is yours to free with honker_string_free(). A `const char *` is not yours.
 * - Any thread may call anything at any time, with two exceptions: one subscription is waited for by one thread at a time
 *   (the second is told HONKER_BUSY), and a handle must not be used after it was freed.
 * - All text is UTF-8, save paths, which are bytes.
 * - In a child made by fork() what was opened before belongs to the parent: such calls give HONKER_FORKED. Open anew there.
 */


#ifndef HONKER_H
#define HONKER_H

/* Made from crates/honker-c/src/abi by scripts/header.sh: do not edit it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The version of this header. honker_version() tells that of the library. */
#define HONKER_VERSION "0.1.0"

/** The media type of what honker_open_metrics() gives, for the HTTP header Content-Type. */
#define HONKER_OPEN_METRICS_CONTENT_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/** Options that are all left at their defaults: `honker_options options = HONKER_OPTIONS_INIT;` */
#define HONKER_OPTIONS_INIT { sizeof(honker_options), 0, 0, 0, 0 }

/** The same for a subscription. */
#define HONKER_SUBSCRIBE_OPTIONS_INIT { sizeof(honker_subscribe_options), NULL, 0, 0 }


/**
 * How a call ended. The numbers never change.
 */
enum honker_code
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It worked.
     */
    HONKER_OK = 0,
    /**
     * No error: nothing came within the time.
     */
    HONKER_TIMEOUT = 1,
    /**
     * The database does not exist, and options.must_exist asks that it must.
     */
    HONKER_NOT_FOUND = -1,
    /**
     * The directory that should hold the database does not exist.
     */
    HONKER_DIRECTORY_NOT_FOUND = -2,
    /**
     * The path names a directory.
     */
    HONKER_IS_DIRECTORY = -3,
    /**
     * The path names a FIFO, a socket or a device.
     */
    HONKER_NOT_REGULAR_FILE = -4,
    /**
     * The file does not start with a SQLite header. It may be encrypted.
     */
    HONKER_NOT_A_DATABASE = -5,
    /**
     * The file system refused access to the database, its directory or its -shm.
     */
    HONKER_PERMISSION_DENIED = -6,
    /**
     * The path cannot name a database file: empty, too long, ":memory:", or a URI.
     */
    HONKER_INVALID_PATH = -7,
    /**
     * A setting is out of range, or a name or a position is none.
     */
    HONKER_INVALID_CONFIG = -8,
    /**
     * The backend cannot work for this database, file system or platform.
     */
    HONKER_UNSUPPORTED = -9,
    /**
     * A limit of the system was reached. The message names the setting that raises it.
     */
    HONKER_LIMIT_REACHED = -10,
    /**
     * The database file was replaced, removed or overwritten in place. The watcher is dead: open it anew.
     */
    HONKER_REPLACED = -11,
    /**
     * The watcher, or the subscription, was closed.
     */
    HONKER_CLOSED = -12,
    /**
     * The handle belongs to the parent process, and this is a child made by fork().
     */
    HONKER_FORKED = -13,
    /**
     * The operating system reported an input or output error.
     */
    HONKER_IO = -14,
    /**
     * A defect of honker: please report it.
     */
    HONKER_INTERNAL = -15,
    /**
     * A rule of this interface was broken: a pointer is NULL, or no handle of that kind, or options have no size.
     */
    HONKER_MISUSE = -16,
    /**
     * Another thread is waiting for this subscription.
     */
    HONKER_BUSY = -17,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum honker_code honker_code;
#else
typedef int32_t honker_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What an update reports.
 */
enum honker_update_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Something was committed.
     */
    HONKER_UPDATE_COMMIT = 0,
    /**
     * The file was replaced, and the new one is followed: reopen your connections, then read everything again.
     */
    HONKER_UPDATE_REPLACED = 1,
    /**
     * Nothing was committed for as long as idle_poll_ms says.
     */
    HONKER_UPDATE_IDLE = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum honker_update_kind honker_update_kind;
#else
typedef int32_t honker_update_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where wakes come from. docs/backends.md says which one when.
 */
enum honker_backend
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Looks at the database every millisecond. Works everywhere. The default.
     */
    HONKER_BACKEND_POLLING = 0,
    /**
     * The operating system's file events say when to look: tens of microseconds, and next to nothing when idle.
     */
    HONKER_BACKEND_KERNEL = 1,
    /**
     * Looks at the wal-index each 20 microseconds while commits keep coming. WAL only.
     */
    HONKER_BACKEND_SHM = 2,
    /**
     * KERNEL where the file system and the limits allow it, else POLLING.
     */
    HONKER_BACKEND_AUTO = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum honker_backend honker_backend;
#else
typedef int32_t honker_backend;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What becomes of a watcher whose file is replaced: by a rename over it, a restore, an overwrite in place.
 */
enum honker_on_replace
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It ends with HONKER_REPLACED: your own connections are to the old file, too. The default.
     */
    HONKER_ON_REPLACE_DIE = 0,
    /**
     * It goes on with the new file, after an update of the kind HONKER_UPDATE_REPLACED.
     */
    HONKER_ON_REPLACE_FOLLOW = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum honker_on_replace honker_on_replace;
#else
typedef int32_t honker_on_replace;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What went wrong, and what to do about it.
 */
typedef struct honker_error honker_error;

/**
 * Sees every commit from its beginning on. What is committed while nobody waits is one pending update, never a queue.
 */
typedef struct honker_subscription honker_subscription;

/**
 * Watches one database.
 */
typedef struct honker_watcher honker_watcher;

/**
 * How to watch. Zero everywhere but in `size` means the defaults.
 */
typedef struct honker_options {
    /**
     * sizeof(honker_options): it tells which version of this header a program was compiled with.
     */
    size_t size;
    /**
     * A honker_backend.
     */
    int32_t backend;
    /**
     * A honker_on_replace.
     */
    int32_t on_replace;
    /**
     * How often polling looks, in microseconds, from 100 to 60000000. 0: each millisecond.
     */
    uint64_t poll_interval_us;
    /**
     * Not 0: a missing file is an error. 0: it is watched until its first commit.
     */
    uint64_t must_exist;
} honker_options;

/**
 * What is wanted of a subscription. Zero everywhere but in `size` means the defaults.
 */
typedef struct honker_subscribe_options {
    /**
     * sizeof(honker_subscribe_options): it tells which version of this header a program was compiled with.
     */
    size_t size;
    /**
     * A position: the first update comes at once if anything may have been committed since. NULL: commits from now on.
     */
    const char *since;
    /**
     * The least time between two updates, in milliseconds: what is committed meanwhile is one. 0: none is held back.
     */
    uint64_t min_interval_ms;
    /**
     * An update of the kind HONKER_UPDATE_IDLE comes when there was none for so many milliseconds. 0: never.
     */
    uint64_t idle_poll_ms;
} honker_subscribe_options;

/**
 * One wake: everything that was committed since the previous one.
 */
typedef struct honker_update {
    /**
     * The number of this wake, counted per watcher from 1. Who was slow sees gaps.
     */
    uint64_t seq;
    /**
     * How many commits it stands for. At least 1 for HONKER_UPDATE_COMMIT.
     */
    uint64_t commits;
    /**
     * What happened.
     */
    honker_update_kind kind;
    /**
     * Whether `commits` is exact. If not, it is a lower bound.
     */
    bool exact;
    /**
     * For later versions. Zero.
     */
    uint64_t reserved[5];
} honker_update;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The name of a code, as "HONKER_CLOSED"; "HONKER_UNKNOWN" for any other number. Never NULL.
 */
const char *honker_code_name(int32_t code);

/**
 * What a code means, in a few words. An error's message says more, and what to do. Never NULL.
 */
const char *honker_code_text(int32_t code);

/**
 * Its code. HONKER_MISUSE for NULL.
 */
honker_code honker_error_code(const struct honker_error *error);

/**
 * What went wrong and what to do, in UTF-8, as long as the error lives. NULL for NULL.
 */
const char *honker_error_message(const struct honker_error *error);

/**
 * The path of the database that it is about, in bytes, as long as the error lives. NULL if it is about none.
 */
const char *honker_error_path(const struct honker_error *error);

/**
 * The operating system's error number, where the system refused something; else 0.
 */
int32_t honker_error_errno(const struct honker_error *error);

/**
 * Frees an error. Does nothing for NULL.
 */
void honker_error_free(struct honker_error *error);

/**
 * Starts watching the database at `path`; `options` may be NULL. A missing file in a directory that exists is watched
 * until its first commit. Nothing is ever created or changed.
 *
 * On success `*watcher` is to be freed with honker_watcher_free(); otherwise it is set to NULL.
 */
honker_code honker_watcher_open(const char *path,
                                const struct honker_options *options,
                                struct honker_watcher **watcher,
                                struct honker_error **error);

/**
 * Ends a watcher and all its subscriptions: who waits is told HONKER_CLOSED, at once. The handles stay yours. Does
 * nothing the second time, nothing for NULL, and nothing in a child made by fork(), whose parent goes on.
 */
void honker_watcher_close(struct honker_watcher *watcher);

/**
 * Frees a handle. Watching ends with the last subscription, or with honker_watcher_close(). Does nothing for NULL.
 */
void honker_watcher_free(struct honker_watcher *watcher);

/**
 * Subscribes; `options` may be NULL. When it returns, the starting state is recorded: every commit from here on wakes.
 * To lose nothing, subscribe first and then read what you depend on.
 *
 * On success `*subscription` is to be freed with honker_subscription_free(); otherwise it is set to NULL. It keeps the
 * watcher alive.
 */
honker_code honker_watcher_subscribe(struct honker_watcher *watcher,
                                     const struct honker_subscribe_options *options,
                                     struct honker_subscription **subscription,
                                     struct honker_error **error);

/**
 * What has been seen up to now, as a word of ASCII letters, digits, dots and hyphens, shorter than 200: for
 * honker_subscribe_options.since, also in another run of the program. Take it before you read, and keep the two
 * together.
 *
 * On success `*position` is to be freed with honker_string_free(); otherwise it is set to NULL.
 */
honker_code honker_watcher_position(struct honker_watcher *watcher, char **position, struct honker_error **error);

/**
 * What the watcher has done since it was opened, as one JSON object: docs/operations.md tells its fields. Fields may be
 * added.
 *
 * On success `*json` is to be freed with honker_string_free(); otherwise it is set to NULL.
 */
honker_code honker_watcher_stats_json(const struct honker_watcher *watcher, char **json, struct honker_error **error);

/**
 * The name of the backend that runs, which AUTO decides: "polling", "kernel" or "shm". NULL for what is no watcher.
 */
const char *honker_watcher_backend(const struct honker_watcher *watcher);

/**
 * The database's path, absolute, as long as the handle is not freed. NULL for what is no watcher.
 */
const char *honker_watcher_path(const struct honker_watcher *watcher);

/**
 * The backend of a name ("polling", "kernel", "shm", "auto"), for honker_options.backend.
 */
honker_code honker_backend_named(const char *name, int32_t *backend, struct honker_error **error);

/**
 * Waits for commits, `timeout_ms` milliseconds at most; for ever if that is below 0.
 *
 * HONKER_OK: there is an update, in `*update` unless `update` is NULL. HONKER_TIMEOUT: the time is over. Otherwise the
 * subscription has ended, and the error says why: HONKER_CLOSED, HONKER_REPLACED and the like. An update that came
 * before the end is reported first. Signals do not end the wait: for that, use honker_subscription_fd().
 */
honker_code honker_subscription_wait(struct honker_subscription *subscription,
                                     int64_t timeout_ms,
                                     struct honker_update *update,
                                     struct honker_error **error);

/**
 * Takes the pending update, if there is one. Never waits. It gives what honker_subscription_wait() gives.
 */
honker_code honker_subscription_try(struct honker_subscription *subscription,
                                    struct honker_update *update,
                                    struct honker_error **error);

/**
 * A descriptor for poll(2) and any event loop (on Windows a SOCKET, for WSAPoll): readable as long as an update is pending, and once the subscription has
 * ended. Then call honker_subscription_try(), once or until it gives HONKER_TIMEOUT; once in a while it gives that at
 * once.
 *
 * It belongs to the subscription, is made by the first call, and is the same for each. Do not read from it, and do not
 * close it. Take it out of your loop before you free the subscription. A child made by fork() must not wait for it.
 */
honker_code honker_subscription_fd(struct honker_subscription *subscription,
                                   int *fd,
                                   struct honker_error **error);

/**
 * Ends a subscription: who waits for it is told HONKER_CLOSED, at once. The handle stays yours. Does nothing the second
 * time, nothing for NULL, and nothing in a child made by fork().
 */
void honker_subscription_close(struct honker_subscription *subscription);

/**
 * Closes a subscription and frees its handle; a thread that still waits with it is told HONKER_CLOSED. Does nothing for
 * NULL.
 */
void honker_subscription_free(struct honker_subscription *subscription);

/**
 * The version of the library.
 */
const char *honker_version(void);

/**
 * Frees what came out through a `char **`. Does nothing for NULL.
 */
void honker_string_free(char *text);

/**
 * Diagnoses the database at `path`: file system, journal mode, which backends work and why not. One JSON object, the same
 * as `honker probe --json` prints. Like watching, it takes no lock and writes nothing.
 *
 * On success `*json` is to be freed with honker_string_free(); otherwise it is set to NULL.
 */
honker_code honker_probe_json(const char *path,
                              char **json,
                              struct honker_error **error);

/**
 * What `count` watchers have done, as OpenMetrics text, which Prometheus and its like read. Give each database once.
 *
 * On success `*text` is to be freed with honker_string_free(); otherwise it is set to NULL.
 */
honker_code honker_open_metrics(const struct honker_watcher *const *watchers,
                                size_t count,
                                char **text,
                                struct honker_error **error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* HONKER_H */
