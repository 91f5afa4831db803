/*
 * poison: memory that AddressSanitizer must take for unused, or for used again.
 *
 * Without ASan both do nothing. ASan's own marks on the frames of a stack are taken away when a
 * function returns; the frames of a child that ended in execve stay marked, also for whatever the
 * kernel maps there next, until memory_unpoison.
 */
#ifndef LILY_BASE_POISON_H
#define LILY_BASE_POISON_H

#if defined(__SANITIZE_ADDRESS__)
#define POISON_BY_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISON_BY_ASAN 1
#endif
#endif

#ifdef POISON_BY_ASAN
#include <sanitizer/asan_interface.h>
#define memory_poison(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define memory_unpoison(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define memory_poison(p, n) ((void)(p), (void)(n))
#define memory_unpoison(p, n) ((void)(p), (void)(n))
#endif

#endif
