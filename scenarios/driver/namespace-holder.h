/* A process with namespaces of its own, as a container has them: somewhere to enter. */
#pragma once

#include <stdbool.h>

/* Starts it and gives a pidfd that children inherit. False: said why on standard error. It ends with us,
 * however we end. */
bool namespace_holder_start(int *pidfd);

void namespace_holder_stop(void);
