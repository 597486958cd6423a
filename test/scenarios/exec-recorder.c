/* For tokens.test.ts: stands in for noop and appends its first argument to the file "seen" beside itself. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    char path[4096];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - sizeof("seen"));
    if (argc != 2 || length < 0)
        return 1;
    path[length] = '\0';
    strcpy(strrchr(path, '/') + 1, "seen");
    const int seen = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    const size_t size = strlen(argv[1]);
    argv[1][size] = '\n'; /* The string's end, given up so that the line is written at once. */
    return seen >= 0 && write(seen, argv[1], size + 1) == (ssize_t)(size + 1) ? 0 : 1;
}
