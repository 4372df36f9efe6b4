/*
 * Prints a line for each wake, until so many commits were seen: watch DATABASE [COMMITS]
 */
#include <honker.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    honker_options options = HONKER_OPTIONS_INIT;
    honker_watcher *watcher = NULL;
    honker_subscription *events = NULL;
    honker_error *error = NULL;
    honker_update update;
    uint64_t seen = 0, wanted = UINT64_MAX;

    if (argc < 2) {
        fprintf(stderr, "usage: watch DATABASE [COMMITS]\n");
        return 2;
    }
    if (argc > 2)
        wanted = strtoull(argv[2], NULL, 10);

    /* File events where they work, else a look each millisecond. */
    options.backend = HONKER_BACKEND_AUTO;
    if (honker_watcher_open(argv[1], &options, &watcher, &error) == HONKER_OK
        && honker_watcher_subscribe(watcher, NULL, &events, &error) == HONKER_OK) {
        /* Commits from here on wake: this is the moment to read for the first time. */
        printf("watching %s (%s)\n", honker_watcher_path(watcher), honker_watcher_backend(watcher));
        fflush(stdout);
        while (seen < wanted && honker_subscription_wait(events, -1, &update, &error) == HONKER_OK) {
            seen += update.commits;
            printf("wake %" PRIu64 ": %" PRIu64 " commit(s), %s: read again what you depend on\n", update.seq,
                   update.commits, update.exact ? "exact" : "at least");
            fflush(stdout);
        }
    }
    if (error != NULL)
        fprintf(stderr, "%s: %s\n", honker_code_name(honker_error_code(error)), honker_error_message(error));

    honker_subscription_free(events);
    honker_watcher_free(watcher);
    if (error == NULL)
        return EXIT_SUCCESS;
    honker_error_free(error);
    return EXIT_FAILURE;
}
