#include "compat.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)

static struct operation *calling;

static void refused(int signal_number) {
    (void)signal_number;
    cannot(calling, "this kernel takes no 32-bit system calls (IA32 emulation is off)");
    _exit(1);
}

void *compat_memory(struct operation *operation) {
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (memory != MAP_FAILED)
        return memory;
    could_not(operation, "mmap(MAP_32BIT)");
    return NULL;
}

long compat_call(struct operation *operation, enum compat_number number, unsigned long first,
                 unsigned long second, unsigned long third, unsigned long fourth) {
    calling = operation;
    signal(SIGSEGV, refused);
    long result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"((long)number), "b"(first), "c"(second), "d"(third), "S"(fourth)
                     : "memory", "r8", "r9", "r10", "r11");
    /* The result has 32 bits. */
    const int told = (int)result;
    if (told >= 0 || told < -4095)
        return told;
    errno = -told;
    return -1;
}

#else

void *compat_memory(struct operation *operation) {
    cannot(operation, "a 64-bit program cannot make 32-bit system calls on this architecture");
    return NULL;
}

long compat_call(struct operation *operation, enum compat_number number, unsigned long first,
                 unsigned long second, unsigned long third, unsigned long fourth) {
    (void)operation;
    (void)number;
    (void)first;
    (void)second;
    (void)third;
    (void)fourth;
    errno = ENOSYS;
    return -1;
}

#endif
