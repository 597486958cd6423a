/* What the CPU itself says of who runs it, one "key value" a line. Readable without privileges, and from
 * nowhere in /proc or /sys.
 *
 *   hypervisor none             x86: no hypervisor is announced
 *   hypervisor KVMKVMKVM        x86: the name that the hypervisor gives itself; "?" when empty
 *   timer-hz 24000000           64-bit Arm: frequency of the generic timer */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>

#define HYPERVISOR_BIT (1U << 31)
#define HYPERVISOR_LEAF 0x40000000U

static void print_identity(void) {
    uint32_t eax, ebx, ecx, edx;
    __cpuid(1, eax, ebx, ecx, edx);
    if (!(ecx & HYPERVISOR_BIT)) {
        puts("hypervisor none");
        return;
    }
    __cpuid(HYPERVISOR_LEAF, eax, ebx, ecx, edx);
    char letters[13] = {0};
    memcpy(letters, &ebx, 4);
    memcpy(letters + 4, &ecx, 4);
    memcpy(letters + 8, &edx, 4);
    for (char *at = letters; *at != '\0'; at++) {
        if (*at < ' ' || *at > '~')
            *at = '?';
    }
    printf("hypervisor %s\n", letters[0] == '\0' ? "?" : letters);
}
#elif defined(__aarch64__)
static void print_identity(void) {
    uint64_t hz;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
    printf("timer-hz %llu\n", (unsigned long long)hz);
}
#else
#error "how this architecture's CPU tells who runs it is not known here"
#endif

int main(void) {
    print_identity();
    return 0;
}
