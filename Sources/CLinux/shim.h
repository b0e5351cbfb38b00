// Calls of Linux and of the GNU library that Swift's Glibc module leaves out, since it is built without _GNU_SOURCE.

#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

// As <sys/mman.h> and <linux/fcntl.h> have them, which do not go together with the headers above.
int memfd_create(const char *name, unsigned int flags);
#define CLINUX_MFD_CLOEXEC 0x1U
#define CLINUX_MFD_ALLOW_SEALING 0x2U
#define CLINUX_F_ADD_SEALS 1033
#define CLINUX_F_SEAL_SEAL 0x1
#define CLINUX_F_SEAL_SHRINK 0x2
#define CLINUX_F_SEAL_GROW 0x4

// As <unistd.h> and <spawn.h> have them.
int pipe2(int ends[2], int flags);
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

// A file in memory that may be sealed, and that children do not inherit by themselves.
static inline int clinux_memory_file(const char *name) {
  return memfd_create(name, CLINUX_MFD_CLOEXEC | CLINUX_MFD_ALLOW_SEALING);
}

// Fixes a file's size for good.
static inline int clinux_seal_size(int file) {
  return fcntl(file, CLINUX_F_ADD_SEALS, CLINUX_F_SEAL_SEAL | CLINUX_F_SEAL_SHRINK | CLINUX_F_SEAL_GROW);
}

// A descriptor that can be read from once the process has ended.
static inline int clinux_process_descriptor(pid_t process) {
  return (int)syscall(SYS_pidfd_open, process, 0);
}
