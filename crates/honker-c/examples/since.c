/*
 * Says whether anything was committed since its last run, and remembers where the database stands now, in a file:
 *
 *     since DATABASE FILE
 *
 * That is how a program loses nothing between two of its runs. The first one has no file, and reads everything.
 */
#include <honker.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The position of the last run, if there was one. */
static const char *remembered(const char *path, char *place, size_t size)
{
    FILE *file = fopen(path, "r");
    const char *found = NULL;

    if (file == NULL)
        return NULL;
    if (fgets(place, (int)size, file) != NULL) {
        place[strcspn(place, "\n")] = '\0';
        found = place;
    }
    fclose(file);
    return found;
}

static int remember(const char *path, const char *position)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        return -1;
    fprintf(file, "%s\n", position);
    return fclose(file);
}

int main(int argc, char **argv)
{
    honker_subscribe_options wanted = HONKER_SUBSCRIBE_OPTIONS_INIT;
    honker_watcher *watcher = NULL;
    honker_subscription *events = NULL;
    honker_error *error = NULL;
    honker_update update;
    honker_code code;
    char place[256];
    char *position = NULL;

    if (argc != 3) {
        fprintf(stderr, "usage: since DATABASE FILE\n");
        return 2;
    }
    wanted.since = remembered(argv[2], place, sizeof place);

    code = honker_watcher_open(argv[1], NULL, &watcher, &error);
    if (code == HONKER_OK)
        code = honker_watcher_subscribe(watcher, &wanted, &events, &error);
    /* First the position, then the read: what is committed between the two is told once more the next time. */
    if (code == HONKER_OK)
        code = honker_watcher_position(watcher, &position, &error);
    if (code == HONKER_OK)
        code = honker_subscription_try(events, &update, &error);

    if (code < 0)
        fprintf(stderr, "%s: %s\n", honker_code_name(code), honker_error_message(error));
    else if (wanted.since == NULL)
        printf("first run: read everything\n");
    else
        printf(code == HONKER_OK ? "something was committed: read again\n" : "nothing was committed\n");

    if (code >= 0 && remember(argv[2], position) != 0) {
        perror(argv[2]);
        code = HONKER_IO;
    }
    honker_error_free(error);
    honker_string_free(position);
    honker_subscription_free(events);
    honker_watcher_free(watcher);
    return code < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
