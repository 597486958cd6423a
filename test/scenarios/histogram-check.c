/* For histogram.test.ts: each line of standard input holds latencies in nanoseconds; prints each line's
 * histogram. */
#include <stdlib.h>

#include "../../scenarios/driver/histogram.h"

int main(void) {
    static struct histogram histogram;
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        histogram_clear(&histogram);
        char *end = line;
        for (char *at = line;; at = end) {
            const unsigned long long value = strtoull(at, &end, 10);
            if (end == at)
                break;
            histogram_record(&histogram, value);
        }
        histogram_print(&histogram, stdout);
        putchar('\n');
    }
    free(line);
    return 0;
}
