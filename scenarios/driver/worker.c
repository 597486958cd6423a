#include <unistd.h>

#include "stop.h"
#include "window.h"
#include "workers.h"

/* False: the chain has ended, or a stop was requested. */
static bool await_turn(void) {
    char byte;
    return read(STDIN_FILENO, &byte, 1) == 1 && !stop_requested;
}

static bool tell(int whom) { return write(whom, "", 1) == 1; }

int worker_run(const struct options *options) {
    struct window *window = window_map(options, options->window_file);
    if (window == NULL)
        return STATUS_FAILED;
    close(options->window_file);
    window_warm_up(window, options, (uint32_t)options->worker);
    if (stop_requested || !tell(options->told))
        return 0;
    close(options->told);
    if (!await_turn())
        return 0;
    window_run(window, options, (uint32_t)options->worker);
    if (!stop_requested && tell(STDOUT_FILENO))
        await_turn(); /* for the end */
    return 0;
}
