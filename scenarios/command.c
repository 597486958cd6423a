/*
 * One operation: a command, run by sh as its users run it, with all that it starts. It stands for the
 * `macro-` scenarios and for a team's own command.
 *
 * What is needed beforehand is made once for each --in; a run of the command whose time nobody takes fills
 * caches and shows whether it works at all. A command that fails has not done its work, so that what it cost
 * is no figure: the driver ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/enter-cgroups.h"
#include "driver/shell.h"
#include "driver/workload.h"

#define PATH_SIZE 4096

static const char *command;

static void check(const struct options *options) {
    if (options->command == NULL || options->in == NULL || options->limit_seconds == 0)
        options_refuse("--command, --in and --limit-seconds are all needed");
    if (options->mode != MODE_CLOSED)
        options_refuse("--mode must be closed here: a command ends when it ends");
}

/* Beside the folder, in which a workload may look at every file. */
static bool make_once(const struct options *options) {
    char done[PATH_SIZE];
    snprintf(done, sizeof(done), "%s.prepared", options->in);
    if (access(done, F_OK) == 0)
        return true;
    if (!shell_run(options->preparation))
        return false;
    const int file = open(done, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    return (file >= 0 && close(file) == 0) || driver_failed("cannot make", done);
}

static bool prepare(const struct options *options) {
    command = options->command;
    if (options->preparation != NULL && mkdir(options->in, 0755) != 0 && errno != EEXIST)
        return driver_failed("cannot make", options->in);
    if (chdir(options->in) != 0)
        return driver_failed("cannot work in", options->in);
    if (!enter_cgroups(options) || !shell_prepare(options->limit_seconds))
        return false;
    if (options_is_worker(options))
        return true;
    return (options->preparation == NULL || make_once(options)) && shell_run(command);
}

static bool operate(uint32_t number) {
    (void)number;
    if (!shell_run(command))
        _exit(STATUS_FAILED);
    return true;
}

const struct workload workload = {
    .scenario = "command",
    .operation = "run",
    .warmup_first = 0,
    .stride = 1,
    .unpaced = true,
    .check = check,
    .prepare = prepare,
    .operate = operate,
};
