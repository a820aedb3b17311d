#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What Swift cannot express: variadic system calls, starting a process in one step, and the
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

// The exit status of a render process that ended because it was given no more memory.
enum { PF_SANDBOX_EXIT_MEMORY = 77 };

// Binds this process to `parent` (it dies with the thread that started it), drops every capability and
// the ability to gain new ones, and limits its threads and the size of files that it writes, in bytes.
int pf_sandbox_enter(pid_t parent, uint64_t file_size);

// Leaves this process only the system calls that decoding and encoding need; any other kills it. From
// now on it may hold `memory` bytes, of which `*available` are not in use yet, a failed allocation
// that it cannot survive ends it with PF_SANDBOX_EXIT_MEMORY, and it has a lower priority than the service.
int pf_sandbox_lock(uint64_t memory, uint64_t *available);

// Gives `process` that many seconds of processor time more than it has used: SIGXCPU follows.
int pf_sandbox_limit_processor_time(pid_t process, uint64_t seconds);

// Why a process ended.
enum { PF_SANDBOX_RUNNING, PF_SANDBOX_EXITED, PF_SANDBOX_SIGNALLED };

// Takes the end of a child: how (one of the three above) and by which status or signal. Waits for it
// where `wait` is not 0.
int pf_sandbox_reap(pid_t process, int wait, int *how, int *number);
