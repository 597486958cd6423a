/*
 * coverage --trial=HHHH --directory=DIR --times=N [--technique=ID]...: says {"driver":"prepared",...}, waits
 * for a line on standard input, does each technique N times, and says of each operation which process did it
 * and what a right report of it names. coverage --list: the techniques' ids.
 *
 * A technique whose first operation fails cannot be done on this node, and the reason is told.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../driver/json.h"
#include "../driver/token.h"
#include "place.h"

#define STATUS_FAILED 1
#define STATUS_BAD_FLAGS 2
/* The last octet of an address has two digits, so that none is the beginning of another. */
#define FIRST_OCTET 10
#define MAX_TIMES 89
/* A stuck operation ends by itself. */
#define OPERATION_SECONDS 5
/* Nothing is to be lost: this is no load. */
#define PAUSE_NS 1000000

static const struct technique *const FAMILIES[] = {EXEC_TECHNIQUES,      OPEN_TECHNIQUES,
                                                   CHANGE_TECHNIQUES,    NETWORK_TECHNIQUES,
                                                   PRIVILEGE_TECHNIQUES, KERNEL_TECHNIQUES};
#define FAMILY_COUNT (sizeof(FAMILIES) / sizeof(FAMILIES[0]))
#define MAX_TECHNIQUES 100

struct flags {
    const char *trial;
    const char *directory;
    unsigned times;
    bool chosen[MAX_TECHNIQUES];
    bool chooses;
    bool lists;
};

static const struct technique *techniques[MAX_TECHNIQUES];
static unsigned technique_count;

static void collect(void) {
    for (size_t family = 0; family < FAMILY_COUNT; family++)
        for (const struct technique *one = FAMILIES[family]; one->id != NULL; one++)
            if (technique_count < MAX_TECHNIQUES)
                techniques[technique_count++] = one;
}

static _Noreturn void refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));
static _Noreturn void refuse(const char *format, ...) {
    va_list values;
    va_start(values, format);
    fputs("coverage: ", stderr);
    vfprintf(stderr, format, values);
    fputs("; see docs/coverage.md\n", stderr);
    va_end(values);
    exit(STATUS_BAD_FLAGS);
}

static unsigned number_of(const char *id) {
    for (unsigned number = 0; number < technique_count; number++)
        if (strcmp(techniques[number]->id, id) == 0)
            return number;
    refuse("there is no technique \"%s\"", id);
}

static unsigned times_in(const char *text) {
    char *end = NULL;
    const unsigned long times = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || times < 1 || times > MAX_TIMES)
        refuse("--times must be a whole number from 1 to %d, not \"%s\"", MAX_TIMES, text);
    return (unsigned)times;
}

static struct flags read_flags(int argc, char **argv) {
    static const struct option FLAGS[] = {
        {"trial", required_argument, NULL, 't'}, {"directory", required_argument, NULL, 'd'},
        {"times", required_argument, NULL, 'n'}, {"technique", required_argument, NULL, 'q'},
        {"list", no_argument, NULL, 'l'},        {NULL, 0, NULL, 0}};
    struct flags flags = {.times = 0};
    opterr = 0;
    for (int flag; (flag = getopt_long(argc, argv, ":", FLAGS, NULL)) != -1;) {
        switch (flag) {
        case 't':
            if (!is_trial(optarg))
                refuse("--trial must be four lower-case hexadecimal digits, not \"%s\"", optarg);
            flags.trial = optarg;
            break;
        case 'd':
            flags.directory = optarg;
            break;
        case 'n':
            flags.times = times_in(optarg);
            break;
        case 'q':
            flags.chosen[number_of(optarg)] = true;
            flags.chooses = true;
            break;
        case 'l':
            flags.lists = true;
            break;
        default:
            refuse("\"%s\" is unknown or lacks its value", argv[optind - 1]);
        }
    }
    if (!flags.lists && (flags.trial == NULL || flags.directory == NULL || flags.times == 0))
        refuse("--trial, --directory and --times are all needed");
    if (flags.directory != NULL && strlen(flags.directory) > PATH_ROOM / 2)
        refuse("--directory is longer than %d bytes", PATH_ROOM / 2);
    return flags;
}

bool cannot(struct operation *operation, const char *why) {
    snprintf(operation->why, sizeof(operation->why), "%s", why);
    return false;
}

bool could_not(struct operation *operation, const char *call) {
    snprintf(operation->why, sizeof(operation->why), "%s: %s", call, strerror(errno));
    return false;
}

static void add_alternative(struct operation *operation, const char *first, const char *second) {
    char *const objects = operation->objects;
    FILE *out = fmemopen(NULL, OBJECT_ROOM, "w+");
    if (out == NULL)
        return;
    fputs(objects[0] == '\0' ? "[" : ",[", out);
    json_string(first, strlen(first), out);
    if (second != NULL) {
        fputc(',', out);
        json_string(second, strlen(second), out);
    }
    fputc(']', out);
    rewind(out);
    const size_t used = strlen(objects);
    const size_t added = fread(objects + used, 1, OBJECT_ROOM - used - 1, out);
    objects[used + added] = '\0';
    fclose(out);
}

void names_object(struct operation *operation, const char *text) { add_alternative(operation, text, NULL); }
void names_objects(struct operation *operation, const char *text, const char *other) {
    add_alternative(operation, text, other);
}

static void name_operation(struct operation *operation, const struct flags *flags, unsigned technique,
                           unsigned number) {
    memset(operation, 0, sizeof(*operation));
    operation->technique = technique;
    operation->number = number;
    const unsigned trial = (unsigned)strtoul(flags->trial, NULL, 16);
    snprintf(operation->directory, PATH_ROOM, "%.*s", PATH_ROOM / 2, flags->directory);
    snprintf(operation->token, TOKEN_ROOM, TOKEN_PREFIX "%.4s-%02x%02x", flags->trial, technique & 0xff,
             number & 0xff);
    snprintf(operation->path, PATH_ROOM, "%.*s/%s", PATH_ROOM / 2, flags->directory, operation->token);
    /* As wide for each of them. */
    snprintf(operation->address, sizeof(operation->address), "127.%u.%u.%u", 100 + trial % 100,
             100 + technique % 100, FIRST_OCTET + number % 90);
}

static _Noreturn void be_operation(struct operation *operation) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(OPERATION_SECONDS);
    prctl(PR_SET_NAME, operation->token);
    operation->pid = getpid();
    const bool done = techniques[operation->technique]->act(operation);
    _exit(done ? 0 : STATUS_FAILED);
}

static bool conclude(struct operation *operation, int status) {
    if (operation->why[0] != '\0')
        return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFSIGNALED(status))
        snprintf(operation->why, WHY_ROOM, "its process was ended by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(operation->why, WHY_ROOM, "its process exited with status %d", WEXITSTATUS(status));
    return false;
}

static bool perform(struct operation *operation) {
    const struct technique *technique = techniques[operation->technique];
    if (!technique->prepare(operation))
        return false;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0)
        be_operation(operation);
    int status = 0;
    bool waited = child > 0;
    while (waited && waitpid(child, &status, 0) < 0)
        waited = errno == EINTR;
    if (technique->release != NULL)
        technique->release();
    return waited ? conclude(operation, status) : could_not(operation, "fork");
}

static void say_why(const char *id, const char *key, const struct operation *operation) {
    printf("{\"technique\":\"%s\",\"%s\":", id, key);
    json_string(operation->why, strlen(operation->why), stdout);
    fputs("}\n", stdout);
}

static void try_technique(const struct flags *flags, unsigned number, struct operation *operation) {
    const char *id = techniques[number]->id;
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    for (unsigned time = 0; time < flags->times; time++) {
        name_operation(operation, flags, number, time);
        if (!perform(operation)) {
            say_why(id, time == 0 ? "skipped" : "failed", operation);
            return;
        }
        printf("{\"technique\":\"%s\",\"pid\":%d,\"marks\":[\"%s\",\"%s\"],\"objects\":[%s]}\n", id,
               (int)operation->pid, operation->token, operation->address, operation->objects);
        nanosleep(&pause, NULL);
    }
}

int main(int argc, char **argv) {
    /* Started as a program of a technique: its exec is all that is asked for. */
    if (argc > 1 && strncmp(argv[1], TOKEN_PREFIX, sizeof(TOKEN_PREFIX) - 1) == 0)
        return 0;
    collect();
    const struct flags flags = read_flags(argc, argv);
    if (flags.lists) {
        for (unsigned number = 0; number < technique_count; number++)
            puts(techniques[number]->id);
        return 0;
    }
    umask(0);
    struct operation *operation =
        mmap(NULL, sizeof(*operation), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (operation == MAP_FAILED || !place_begin(flags.directory)) {
        fprintf(stderr, "coverage: cannot begin in %s: %s\n", flags.directory, strerror(errno));
        return STATUS_FAILED;
    }
    printf("{\"driver\":\"prepared\",\"workers\":[%d]}\n", (int)getpid());
    fflush(stdout);
    char line[16];
    if (fgets(line, sizeof(line), stdin) == NULL)
        return 0;
    for (unsigned number = 0; number < technique_count; number++)
        if (!flags.chooses || flags.chosen[number])
            try_technique(&flags, number, operation);
    puts("{\"coverage\":\"done\"}");
    return fflush(stdout) == 0 ? 0 : STATUS_FAILED;
}
