/*
 * banned: what is not called anywhere in lily, because something safer exists. The build includes
 * this file into every translation unit, and a call does not compile.
 */
#ifndef LILY_BASE_BANNED_H
#define LILY_BASE_BANNED_H

/* First the declarations: the names below would spoil them. */
#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BANNED(name, instead) name##_is_banned_use_##instead

#undef strcpy
#define strcpy(...) BANNED(strcpy, memcpy_or_buf)
#undef strcat
#define strcat(...) BANNED(strcat, buf_add)
#undef strncpy
#define strncpy(...) BANNED(strncpy, memcpy_or_buf)
#undef strncat
#define strncat(...) BANNED(strncat, buf_add)
#undef sprintf
#define sprintf(...) BANNED(sprintf, snprintf_or_buf_printf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf, vsnprintf)
#undef gets
#define gets(...) BANNED(gets, file_read)
#undef strtok
#define strtok(...) BANNED(strtok, str_cut)
#undef atoi
#define atoi(...) BANNED(atoi, str_to_u64)
#undef atol
#define atol(...) BANNED(atol, str_to_u64)
#undef atoll
#define atoll(...) BANNED(atoll, str_to_u64)
#undef atof
#define atof(...) BANNED(atof, strtod)
#undef rand
#define rand(...) BANNED(rand, getrandom)
#undef srand
#define srand(...) BANNED(srand, getrandom)
#undef random
#define random(...) BANNED(random, getrandom)
#undef popen
#define popen(...) BANNED(popen, process_spawn)
#undef mktemp
#define mktemp(...) BANNED(mktemp, mkdtemp)
#undef tmpnam
#define tmpnam(...) BANNED(tmpnam, mkdtemp)
#undef tempnam
#define tempnam(...) BANNED(tempnam, mkdtemp)
#undef alloca
#define alloca(...) BANNED(alloca, an_arena)

/* A copy of the page tables costs 20 ms in a process of 500 MB, and a shell reads what it is given.
 * Unit tests are small, set their scenes with both, and need processes of their own to see one end. */
#ifndef LILY_UNIT_TEST
#undef system
#define system(...) BANNED(system, process_spawn)
#undef fork
#define fork(...) BANNED(fork, process_spawn)
#endif

#endif
