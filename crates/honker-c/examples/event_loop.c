/*
 * Two databases and standard input in one loop, without a thread of its own: event_loop DATABASE DATABASE
 *
 * The descriptors go into poll(2) here; epoll, libuv, GLib, Qt and the like take them in the same way. It ends with standard
 * input.
 */
#include <honker.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DATABASES 2

struct source {
    honker_watcher *watcher;
    honker_subscription *events;
};

static honker_code open_source(struct source *source, const char *path, int *fd, honker_error **error)
{
    honker_subscribe_options wanted = HONKER_SUBSCRIBE_OPTIONS_INIT;
    honker_code code;

    /* A page need not be drawn more often than this. */
    wanted.min_interval_ms = 20;
    code = honker_watcher_open(path, NULL, &source->watcher, error);
    if (code == HONKER_OK)
        code = honker_watcher_subscribe(source->watcher, &wanted, &source->events, error);
    if (code == HONKER_OK)
        code = honker_subscription_fd(source->events, fd, error);
    return code;
}

/* Tells what there is. The descriptor stays readable until everything was taken. */
static honker_code take(struct source *source, int number, honker_error **error)
{
    honker_update update;
    honker_code code;

    while ((code = honker_subscription_try(source->events, &update, error)) == HONKER_OK) {
        printf("database %d: %" PRIu64 " commit(s)\n", number, update.commits);
        fflush(stdout);
    }
    return code;
}

int main(int argc, char **argv)
{
    struct source sources[DATABASES] = { { NULL, NULL }, { NULL, NULL } };
    struct pollfd fds[DATABASES + 1];
    honker_error *error = NULL;
    honker_code code = HONKER_OK;
    char bytes[64];
    int i;

    if (argc != DATABASES + 1) {
        fprintf(stderr, "usage: event_loop DATABASE DATABASE\n");
        return 2;
    }
    for (i = 0; i <= DATABASES; i++) {
        fds[i].fd = STDIN_FILENO;
        fds[i].events = POLLIN;
        fds[i].revents = 0;
    }
    for (i = 0; i < DATABASES && code == HONKER_OK; i++)
        code = open_source(&sources[i], argv[i + 1], &fds[i].fd, &error);
    if (code == HONKER_OK) {
        printf("ready\n");
        fflush(stdout);
    }

    while (code >= 0 && poll(fds, DATABASES + 1, -1) >= 0) {
        for (i = 0; i < DATABASES && code >= 0; i++)
            if (fds[i].revents != 0)
                code = take(&sources[i], i + 1, &error);
        if (fds[DATABASES].revents != 0 && read(STDIN_FILENO, bytes, sizeof bytes) <= 0)
            break;
    }

    if (error != NULL)
        fprintf(stderr, "%s: %s\n", honker_code_name(honker_error_code(error)), honker_error_message(error));
    honker_error_free(error);
    for (i = 0; i < DATABASES; i++) {
        honker_subscription_free(sources[i].events);
        honker_watcher_free(sources[i].watcher);
    }
    return code < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
