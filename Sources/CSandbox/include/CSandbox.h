#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What Swift cannot say by itself: variadic system calls, process start in one step, and the
// system-call filter. Every function returns 0 on success and an errno otherwise.

// The descriptors that a render process is started with. It has no others.
enum {
    PF_SANDBOX_SOCKET = 3,
    PF_SANDBOX_INPUT = 4,
    PF_SANDBOX_OUTPUT = 5,
};

// Makes a pair of connected sockets that keep message boundaries; both close on exec.
int pf_sandbox_socketpair(int pair[2]);

// Makes an anonymous file in memory that closes on exec.
int pf_sandbox_memory_file(const char *name, int *descriptor);

// Starts `path` in a process group of its own, with exactly the three descriptors given, standard
// input and output on /dev/null, and no signal blocked or ignored.
int pf_sandbox_spawn(
    const char *path, char *const arguments[], char *const environment[], int socket, int input, int output, pid_t *process);

// Binds this process to `parent` (it dies with the thread that started it), gives up all hope of
// privileges, and limits memory (bytes of address space) and what it may write (bytes).
int pf_sandbox_enter(pid_t parent, uint64_t memory, uint64_t file_size);

// Leaves this process only the system calls that decoding and encoding need. Any other kills it.
int pf_sandbox_lock(void);
