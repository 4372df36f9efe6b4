/*
 * The rules at the top of the header, each of them tried: rules DATABASE OTHER. Commits are made by the sqlite3 shell.
 */
#define _POSIX_C_SOURCE 200809L
#include <honker.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                                             \
    do {                                                                                             \
        if (!(condition)) {                                                                          \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                \
            exit(1);                                                                                 \
        }                                                                                            \
    } while (0)

static const char *database;

/* The call failed like that, and its error says the same. Frees it. */
#define FAILS(code, call)                                                                            \
    do {                                                                                             \
        honker_error *error = NULL;                                                                  \
        CHECK((call) == (code));                                                                     \
        CHECK(error != NULL && honker_error_code(error) == (code));                                  \
        CHECK(strlen(honker_error_message(error)) > 10);                                             \
        honker_error_free(error);                                                                    \
    } while (0)

static void commit_to(const char *path)
{
    char command[4096];
    snprintf(command, sizeof command, "sqlite3 -cmd '.timeout 60000' '%s' 'INSERT INTO t(n) VALUES (1)'", path);
    CHECK(system(command) == 0);
}

static honker_watcher *open_watcher(void)
{
    honker_watcher *watcher = NULL;
    CHECK(honker_watcher_open(database, NULL, &watcher, NULL) == HONKER_OK && watcher != NULL);
    return watcher;
}

static honker_subscription *subscribe(honker_watcher *watcher)
{
    honker_subscription *events = NULL;
    CHECK(honker_watcher_subscribe(watcher, NULL, &events, NULL) == HONKER_OK && events != NULL);
    return events;
}

static void nothing_is_believed_that_can_be_told(void)
{
    honker_watcher *watcher = open_watcher(), *none = NULL;
    honker_subscription *events = subscribe(watcher), *nobody = NULL;
    honker_options options = HONKER_OPTIONS_INIT;
    honker_subscribe_options wanted = HONKER_SUBSCRIBE_OPTIONS_INIT;
    struct {
        honker_options known;
        uint64_t later;
    } newer = { HONKER_OPTIONS_INIT, 0 };
    char *text = NULL;
    int fd;
    int32_t backend;

    FAILS(HONKER_MISUSE, honker_watcher_open(NULL, NULL, &none, &error));
    FAILS(HONKER_MISUSE, honker_watcher_open(database, NULL, NULL, &error));
    FAILS(HONKER_MISUSE, honker_watcher_subscribe(NULL, NULL, &nobody, &error));
    FAILS(HONKER_MISUSE, honker_watcher_subscribe(watcher, NULL, NULL, &error));
    FAILS(HONKER_MISUSE, honker_watcher_position(NULL, &text, &error));
    FAILS(HONKER_MISUSE, honker_watcher_position(watcher, NULL, &error));
    FAILS(HONKER_MISUSE, honker_watcher_stats_json(NULL, &text, &error));
    FAILS(HONKER_MISUSE, honker_subscription_wait(NULL, 0, NULL, &error));
    FAILS(HONKER_MISUSE, honker_subscription_try(NULL, NULL, &error));
    FAILS(HONKER_MISUSE, honker_subscription_fd(NULL, &fd, &error));
    FAILS(HONKER_MISUSE, honker_subscription_fd(events, NULL, &error));
    FAILS(HONKER_MISUSE, honker_probe_json(NULL, &text, &error));
    FAILS(HONKER_MISUSE, honker_open_metrics(NULL, 1, &text, &error));
    FAILS(HONKER_MISUSE, honker_backend_named(NULL, &backend, &error));
    /* As a language without C's types may. */
    FAILS(HONKER_MISUSE, honker_subscription_wait((honker_subscription *)watcher, 0, NULL, &error));
    FAILS(HONKER_MISUSE, honker_watcher_position((honker_watcher *)events, &text, &error));
    CHECK(honker_watcher_open(NULL, NULL, NULL, NULL) == HONKER_MISUSE);
    CHECK(honker_watcher_path(NULL) == NULL && honker_watcher_backend(NULL) == NULL);
    CHECK(honker_error_message(NULL) == NULL && honker_error_path(NULL) == NULL && honker_error_errno(NULL) == 0);
    CHECK(honker_error_code(NULL) == HONKER_MISUSE);

    options.size = 0;
    FAILS(HONKER_MISUSE, honker_watcher_open(database, &options, &none, &error));
    options.size = (size_t)-1;
    FAILS(HONKER_MISUSE, honker_watcher_open(database, &options, &none, &error));
    options.size = sizeof options;
    options.backend = 99;
    FAILS(HONKER_INVALID_CONFIG, honker_watcher_open(database, &options, &none, &error));
    options.backend = HONKER_BACKEND_POLLING;
    options.on_replace = -1;
    FAILS(HONKER_INVALID_CONFIG, honker_watcher_open(database, &options, &none, &error));
    options.on_replace = HONKER_ON_REPLACE_DIE;
    options.poll_interval_us = 1;
    FAILS(HONKER_INVALID_CONFIG, honker_watcher_open(database, &options, &none, &error));
    wanted.since = "yesterday";
    FAILS(HONKER_INVALID_CONFIG, honker_watcher_subscribe(watcher, &wanted, &nobody, &error));
    FAILS(HONKER_INVALID_CONFIG, honker_backend_named("data-version", &backend, &error));
    CHECK(honker_backend_named("shm", &backend, NULL) == HONKER_OK && backend == HONKER_BACKEND_SHM);

    /* A program that was compiled with the header of a later version. */
    newer.known.size = sizeof newer;
    CHECK(honker_watcher_open(database, &newer.known, &none, NULL) == HONKER_OK);
    honker_watcher_free(none);
    newer.later = 1;
    FAILS(HONKER_MISUSE, honker_watcher_open(database, &newer.known, &none, &error));
    CHECK(none == NULL && text == NULL && nobody == NULL);

    honker_subscription_free(events);
    honker_watcher_free(watcher);
    honker_subscription_free(NULL);
    honker_watcher_free(NULL);
    honker_subscription_close(NULL);
    honker_watcher_close(NULL);
    honker_error_free(NULL);
    honker_string_free(NULL);
}

static void errors_say_what_and_where(void)
{
    honker_watcher *watcher = (honker_watcher *)&watcher;
    honker_error *error = (honker_error *)&error;
    honker_options options = HONKER_OPTIONS_INIT;

    CHECK(honker_watcher_open("/nonexistent/app.db", NULL, &watcher, &error) == HONKER_DIRECTORY_NOT_FOUND);
    CHECK(watcher == NULL);
    CHECK(strcmp(honker_error_path(error), "/nonexistent/app.db") == 0);
    CHECK(strstr(honker_error_message(error), "/nonexistent") != NULL);
    honker_error_free(error);
    options.must_exist = 1;
    CHECK(honker_watcher_open("/tmp/no such database", &options, &watcher, &error) == HONKER_NOT_FOUND);
    honker_error_free(error);
    CHECK(honker_watcher_open("/tmp", NULL, &watcher, &error) == HONKER_IS_DIRECTORY);
    honker_error_free(error);
    CHECK(honker_watcher_open(":memory:", NULL, &watcher, &error) == HONKER_INVALID_PATH);
    honker_error_free(error);
    CHECK(honker_watcher_open(database, NULL, &watcher, &error) == HONKER_OK && error == NULL);
    honker_watcher_free(watcher);
    CHECK(strcmp(honker_code_name(HONKER_BUSY), "HONKER_BUSY") == 0);
    CHECK(strcmp(honker_code_name(77), "HONKER_UNKNOWN") == 0);
    CHECK(strlen(honker_code_text(HONKER_REPLACED)) > 0);
    CHECK(strcmp(honker_version(), HONKER_VERSION) == 0);
}

static bool is_readable(int fd, int timeout_ms)
{
    struct pollfd poll_fd = { fd, POLLIN, 0 };
    return poll(&poll_fd, 1, timeout_ms) == 1;
}

static void the_descriptor_is_readable_as_long_as_there_is_something(void)
{
    honker_watcher *watcher = open_watcher();
    honker_subscription *events = subscribe(watcher);
    honker_update update;
    int fd = -1, again = -1;

    CHECK(honker_subscription_fd(events, &fd, NULL) == HONKER_OK && fd > 2);
    CHECK(honker_subscription_fd(events, &again, NULL) == HONKER_OK && again == fd);
    CHECK(!is_readable(fd, 0));
    commit_to(database);
    CHECK(is_readable(fd, 60000) && is_readable(fd, 0));
    CHECK(honker_subscription_try(events, &update, NULL) == HONKER_OK);
    CHECK(update.commits == 1 && update.kind == HONKER_UPDATE_COMMIT && update.reserved[4] == 0);
    CHECK(!is_readable(fd, 0));
    CHECK(honker_subscription_try(events, &update, NULL) == HONKER_TIMEOUT);
    /* Two that nobody takes are one. What a blocking wait takes makes it unreadable as well. */
    commit_to(database);
    commit_to(database);
    CHECK(is_readable(fd, 60000));
    CHECK(honker_subscription_wait(events, 60000, &update, NULL) == HONKER_OK && update.commits >= 1);
    while (honker_subscription_wait(events, 0, &update, NULL) == HONKER_OK) {}
    /* A ring that was under way may come late: then there is nothing to take. */
    while (is_readable(fd, 50))
        CHECK(honker_subscription_try(events, &update, NULL) >= 0);
    /* The end stays readable. */
    honker_watcher_close(watcher);
    CHECK(is_readable(fd, 60000));
    FAILS(HONKER_CLOSED, honker_subscription_try(events, &update, &error));
    FAILS(HONKER_CLOSED, honker_subscription_wait(events, -1, &update, &error));
    CHECK(is_readable(fd, 0));
    honker_subscription_free(events);
    honker_watcher_free(watcher);
}

static void *wait_for_ever(void *events)
{
    honker_error *error = NULL;
    honker_code code;
    /* The thread that looks whether this one waits may be in it. */
    while ((code = honker_subscription_wait((honker_subscription *)events, -1, NULL, &error)) == HONKER_BUSY)
        honker_error_free(error);
    CHECK(error != NULL && honker_error_code(error) == code);
    honker_error_free(error);
    return code == HONKER_CLOSED ? events : NULL;
}

/* Until the other thread waits. */
static void until_busy(honker_subscription *events)
{
    honker_code code;
    while ((code = honker_subscription_try(events, NULL, NULL)) == HONKER_TIMEOUT)
        poll(NULL, 0, 1);
    CHECK(code == HONKER_BUSY);
}

static void closing_ends_those_who_wait(void)
{
    int way;
    for (way = 0; way < 3; way++) {
        honker_watcher *watcher = open_watcher();
        honker_subscription *events = subscribe(watcher);
        pthread_t thread;
        void *closed = NULL;

        CHECK(pthread_create(&thread, NULL, wait_for_ever, events) == 0);
        until_busy(events);
        if (way == 0)
            honker_watcher_close(watcher);
        else if (way == 1)
            honker_subscription_close(events);
        else
            honker_subscription_free(events); /* while the other thread is in it */
        CHECK(pthread_join(thread, &closed) == 0 && closed != NULL);
        if (way != 2)
            honker_subscription_free(events);
        honker_watcher_free(watcher);
    }
}

static void a_subscription_keeps_its_watcher(void)
{
    honker_watcher *watcher = open_watcher();
    honker_subscription *events = subscribe(watcher);
    honker_update update;

    honker_watcher_free(watcher);
    commit_to(database);
    CHECK(honker_subscription_wait(events, 60000, &update, NULL) == HONKER_OK && update.commits == 1);
    honker_subscription_free(events);
}

static void settings_are_kept(const char *other)
{
    honker_options options = HONKER_OPTIONS_INIT;
    honker_subscribe_options wanted = HONKER_SUBSCRIBE_OPTIONS_INIT;
    honker_watcher *watcher = NULL;
    honker_subscription *events = NULL;
    honker_update update;
    char *position = NULL, command[4096];

    options.backend = HONKER_BACKEND_KERNEL;
    options.on_replace = HONKER_ON_REPLACE_FOLLOW;
    CHECK(honker_watcher_open(other, &options, &watcher, NULL) == HONKER_OK);
    CHECK(strcmp(honker_watcher_backend(watcher), "kernel") == 0);
    CHECK(strcmp(honker_watcher_path(watcher), other) == 0);
    CHECK(honker_watcher_position(watcher, &position, NULL) == HONKER_OK);
    commit_to(other);
    wanted.since = position;
    wanted.idle_poll_ms = 10;
    CHECK(honker_watcher_subscribe(watcher, &wanted, &events, NULL) == HONKER_OK);
    CHECK(honker_subscription_try(events, &update, NULL) == HONKER_OK && update.kind == HONKER_UPDATE_COMMIT);
    CHECK(honker_subscription_wait(events, 60000, &update, NULL) == HONKER_OK && update.kind == HONKER_UPDATE_IDLE);
    snprintf(command, sizeof command, "cp '%s' '%s.new' && mv '%s.new' '%s'", database, other, other, other);
    CHECK(system(command) == 0);
    do
        CHECK(honker_subscription_wait(events, 60000, &update, NULL) == HONKER_OK);
    while (update.kind == HONKER_UPDATE_IDLE);
    CHECK(update.kind == HONKER_UPDATE_REPLACED && !update.exact);
    honker_string_free(position);
    honker_subscription_free(events);
    honker_watcher_free(watcher);
}

static void operators_are_told(void)
{
    honker_watcher *watcher = open_watcher();
    const honker_watcher *watchers[] = { watcher };
    char *text = NULL;

    CHECK(honker_watcher_stats_json(watcher, &text, NULL) == HONKER_OK);
    CHECK(strstr(text, "\"requested\":\"polling\"") != NULL && strstr(text, "\"conservative\":{}") != NULL);
    printf("%s\n", text);
    honker_string_free(text);
    CHECK(honker_open_metrics(watchers, 1, &text, NULL) == HONKER_OK);
    CHECK(strstr(text, "honker_wakes_total{database=\"") != NULL);
    honker_string_free(text);
    CHECK(honker_probe_json(database, &text, NULL) == HONKER_OK);
    CHECK(strstr(text, "\"backend\":\"kernel\"") != NULL);
    honker_string_free(text);
    honker_watcher_free(watcher);
}

/* What a child says goes through a pipe: under valgrind its exit code is about its copy of the parent's memory. */
static void a_child_is_told_whose_they_are(void)
{
    honker_watcher *watcher = open_watcher();
    honker_subscription *events = subscribe(watcher);
    int fd = -1, ends[2], status;
    char *position = NULL, said[8] = "";
    pid_t child;

    CHECK(honker_subscription_fd(events, &fd, NULL) == HONKER_OK);
    CHECK(pipe(ends) == 0 && fflush(stdout) == 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        honker_watcher *fresh = NULL;
        honker_subscription *own = NULL;
        FAILS(HONKER_FORKED, honker_subscription_wait(events, -1, NULL, &error));
        FAILS(HONKER_FORKED, honker_subscription_try(events, NULL, &error));
        FAILS(HONKER_FORKED, honker_subscription_fd(events, &fd, &error));
        FAILS(HONKER_FORKED, honker_watcher_position(watcher, &position, &error));
        FAILS(HONKER_FORKED, honker_watcher_subscribe(watcher, NULL, &own, &error));
        honker_subscription_close(events);
        honker_watcher_close(watcher);
        honker_subscription_free(events);
        honker_watcher_free(watcher);
        CHECK(honker_watcher_open(database, NULL, &fresh, NULL) == HONKER_OK);
        own = subscribe(fresh);
        commit_to(database);
        CHECK(honker_subscription_wait(own, 60000, NULL, NULL) == HONKER_OK);
        honker_subscription_free(own);
        honker_watcher_free(fresh);
        CHECK(write(ends[1], "right", 6) == 6);
        _exit(0);
    }
    close(ends[1]);
    CHECK(read(ends[0], said, sizeof said) == 6 && strcmp(said, "right") == 0);
    CHECK(waitpid(child, &status, 0) == child);
    /* The parent's are whole: they saw what the child had committed. */
    CHECK(is_readable(fd, 60000));
    CHECK(honker_subscription_try(events, NULL, NULL) == HONKER_OK);
    close(ends[0]);
    honker_subscription_free(events);
    honker_watcher_free(watcher);
}

/* What the host prints must not end up in a socket of honker's. */
static void standard_numbers_are_left_alone(void)
{
    honker_watcher *watcher = open_watcher();
    honker_subscription *events = subscribe(watcher);
    int fd = -1, kept = dup(STDIN_FILENO);

    CHECK(kept > 2 && close(STDIN_FILENO) == 0);
    CHECK(honker_subscription_fd(events, &fd, NULL) == HONKER_OK && fd > 2);
    errno = 0;
    CHECK(read(STDIN_FILENO, &fd, 0) == -1 && errno == EBADF);
    CHECK(dup2(kept, STDIN_FILENO) == STDIN_FILENO && close(kept) == 0);
    honker_subscription_free(events);
    honker_watcher_free(watcher);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    database = argv[1];
    nothing_is_believed_that_can_be_told();
    errors_say_what_and_where();
    the_descriptor_is_readable_as_long_as_there_is_something();
    closing_ends_those_who_wait();
    a_subscription_keeps_its_watcher();
    settings_are_kept(argv[2]);
    operators_are_told();
    standard_numbers_are_left_alone();
    a_child_is_told_whose_they_are();
    printf("every rule holds\n");
    return 0;
}
