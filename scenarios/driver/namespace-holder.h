/* A process that holds namespaces, as a container does: somewhere to enter. */
#pragma once

#include <stdbool.h>

/* Starts it and returns a pidfd that children inherit. It ends with the driver, however that ends. False: it
 * has printed why. */
bool namespace_holder_start(int *pidfd);

void namespace_holder_stop(void);
