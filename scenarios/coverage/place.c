#include "place.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES 64

int directory_fd = -1;
static int untouched_fd = -1;
static char own_program[PATH_MAX];
static char noop[PATH_MAX];

bool place_begin(const char *directory) {
    const ssize_t length = readlink("/proc/self/exe", own_program, sizeof(own_program) - 1);
    if (length < 0)
        return false;
    own_program[length] = '\0';
    const int folder = (int)(strrchr(own_program, '/') - own_program);
    snprintf(noop, sizeof(noop), "%.*s/noop", folder < 4000 ? folder : 4000, own_program);
    directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return directory_fd >= 0 && access(noop, X_OK) == 0;
}

bool path_in(struct operation *operation, const char *folder, char path[PATH_ROOM]) {
    const int length = snprintf(path, PATH_ROOM, "%s/%s", operation->directory, folder);
    if (length < 0 || length >= PATH_ROOM - TOKEN_ROOM - 1)
        return cannot(operation, "the run's directory has too long a path");
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return could_not(operation, "mkdir");
    snprintf(path + length, PATH_ROOM - (size_t)length, "/%s", operation->token);
    return true;
}

/* Where files are made that have no token yet. */
static void making_path(const struct operation *operation, char path[PATH_ROOM]) {
    snprintf(path, PATH_ROOM, "%.*s/making", PATH_ROOM - 16, operation->directory);
}

static bool write_whole(int to, const void *bytes, size_t length) {
    return write(to, bytes, length) == (ssize_t)length;
}

/* False: errno says why. */
static bool fill(int to, const char *from, const void *bytes, size_t length) {
    if (from == NULL)
        return write_whole(to, bytes, length);
    const int source = open(from, O_RDONLY | O_CLOEXEC);
    struct stat file;
    const bool copied = source >= 0 && fstat(source, &file) == 0 &&
                        sendfile(to, source, NULL, (size_t)file.st_size) == file.st_size;
    close(source);
    return copied;
}

static bool place(struct operation *operation, const char *path, const char *from, const void *bytes,
                  size_t length) {
    char making[PATH_ROOM];
    making_path(operation, making);
    const int to = open(making, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    const bool filled = to >= 0 && fill(to, from, bytes, length);
    if (!filled)
        could_not(operation, "making a file");
    close(to);
    return filled && (rename(making, path) == 0 || could_not(operation, "rename"));
}

/* Without an open at all: who looks a file's name up later would tell of that open by the token. */
bool place_file(struct operation *operation, const char *path) {
    if (mknod(path, S_IFREG | 0644, 0) != 0)
        return could_not(operation, "mknod");
    return truncate(path, FILE_BYTES) == 0 || could_not(operation, "truncate");
}

bool place_program(struct operation *operation, const char *path) {
    return place(operation, path, noop, NULL, 0);
}

bool place_dynamic(struct operation *operation, const char *path) {
    return place(operation, path, own_program, NULL, 0);
}

bool place_script(struct operation *operation, const char *path) {
    char script[PATH_MAX + 4];
    const int length = snprintf(script, sizeof(script), "#!%.4000s\n", noop);
    return place(operation, path, NULL, script, (size_t)length);
}

/* No compiler for 32-bit programs is needed: this one is three instructions long. */
bool place_program_32(struct operation *operation, const char *path) {
#if defined(__x86_64__)
    /* exit(0) by int 0x80 */
    static const unsigned char CODE[] = {0xb8, 1, 0, 0, 0, 0x31, 0xdb, 0xcd, 0x80};
    const Elf32_Half machine = EM_386;
#else
    /* exit(0) by svc 0, in the Arm instruction set */
    static const unsigned char CODE[] = {0x01, 0x70, 0xa0, 0xe3, 0, 0, 0xa0, 0xe3, 0, 0, 0, 0xef};
    const Elf32_Half machine = EM_ARM;
#endif
    const Elf32_Addr base = 0x10000;
    struct {
        Elf32_Ehdr header;
        Elf32_Phdr segment;
        unsigned char code[sizeof(CODE)];
    } program = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
                   .e_type = ET_EXEC,
                   .e_machine = machine,
                   .e_version = EV_CURRENT,
                   .e_phoff = sizeof(Elf32_Ehdr),
                   .e_flags = machine == EM_ARM ? EF_ARM_EABI_VER5 : 0,
                   .e_ehsize = sizeof(Elf32_Ehdr),
                   .e_phentsize = sizeof(Elf32_Phdr),
                   .e_phnum = 1},
        .segment = {.p_type = PT_LOAD, .p_vaddr = base, .p_flags = PF_R | PF_X, .p_align = 0x1000}};
    program.header.e_entry = base + (Elf32_Addr)((char *)program.code - (char *)&program);
    program.segment.p_filesz = program.segment.p_memsz = sizeof(program);
    memcpy(program.code, CODE, sizeof(CODE));
    return place(operation, path, NULL, &program, sizeof(program));
}

bool untouched_prepare(struct operation *operation, const void *bytes, size_t length) {
    char path[PATH_ROOM];
    snprintf(path, sizeof(path), "%.*s/untouched", PATH_ROOM - 16, operation->directory);
    untouched_fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return (untouched_fd >= 0 && write_whole(untouched_fd, bytes, length)) ||
           could_not(operation, "making a file");
}

const void *untouched_map(struct operation *operation) {
    const void *memory = mmap(NULL, PATH_ROOM, PROT_READ, MAP_PRIVATE, untouched_fd, 0);
    if (memory != MAP_FAILED)
        return memory;
    could_not(operation, "mmap");
    return NULL;
}

void untouched_release(void) {
    close(untouched_fd);
    untouched_fd = -1;
}

bool own_mounts(struct operation *operation) {
    if (unshare(CLONE_NEWNS) != 0)
        return could_not(operation, "unshare(CLONE_NEWNS)");
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 ||
           could_not(operation, "mount(MS_PRIVATE)");
}

bool prepare_file(struct operation *operation) {
    names_object(operation, operation->path);
    return place_file(operation, operation->path);
}

bool prepare_program(struct operation *operation) {
    names_object(operation, operation->path);
    return place_program(operation, operation->path);
}

bool prepare_nothing(struct operation *operation) {
    (void)operation;
    return true;
}

static bool bound_paths(struct operation *operation, char path[PATH_ROOM], char target[PATH_ROOM]) {
    return path_in(operation, "from", path) && path_in(operation, "bound", target);
}

bool prepare_bound(struct operation *operation, bool (*place)(struct operation *, const char *),
                   unsigned mode) {
    char path[PATH_ROOM], target[PATH_ROOM];
    if (!bound_paths(operation, path, target) || !place(operation, path))
        return false;
    names_object(operation, path);
    names_object(operation, target);
    return mknod(target, S_IFREG | mode, 0) == 0 || could_not(operation, "mknod");
}

bool mount_bound(struct operation *operation, char target[PATH_ROOM]) {
    char path[PATH_ROOM];
    if (!bound_paths(operation, path, target) || !own_mounts(operation))
        return false;
    return mount(path, target, NULL, MS_BIND, NULL) == 0 || could_not(operation, "mount(MS_BIND)");
}
