/*
 * For Node, which tells only what a process itself has used: getrusage(RUSAGE_CHILDREN). A function that
 * returns [user microseconds, system microseconds, voluntary switches, involuntary switches] of all children
 * so far that have been waited for.
 *
 * The few declarations of Node-API are written out, so that its headers need not be installed; they are the
 * same in every version (https://nodejs.org/api/n-api.html).
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;

int napi_create_array(napi_env env, napi_value *result);
int napi_create_double(napi_env env, double value, napi_value *result);
int napi_set_element(napi_env env, napi_value object, uint32_t index, napi_value value);
int napi_create_function(napi_env env, const char *name, size_t length,
                         napi_value (*call)(napi_env, napi_callback_info), void *data, napi_value *result);

static double micros(struct timeval time) { return (double)time.tv_sec * 1e6 + (double)time.tv_usec; }

/* NULL is undefined in JavaScript. */
static napi_value children_usage(napi_env env, napi_callback_info info) {
    (void)info;
    struct rusage used;
    napi_value all, one;
    if (getrusage(RUSAGE_CHILDREN, &used) != 0 || napi_create_array(env, &all) != 0)
        return NULL;
    const double values[] = {micros(used.ru_utime), micros(used.ru_stime), (double)used.ru_nvcsw,
                             (double)used.ru_nivcsw};
    for (uint32_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (napi_create_double(env, values[i], &one) != 0 || napi_set_element(env, all, i, one) != 0)
            return NULL;
    return all;
}

/* Node calls it and takes what it returns for the module. */
napi_value napi_register_module_v1(napi_env env, napi_value exports) {
    napi_value function;
    return napi_create_function(env, "childrenUsage", sizeof("childrenUsage") - 1, children_usage, NULL,
                                &function) == 0
               ? function
               : exports;
}
