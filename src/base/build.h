/*
 * build: which build of this program it is that runs.
 *
 * What one build has worked out may not be taken by another without looking, and a version stands
 * for many builds while it is worked on. The linker names each by its contents (--build-id).
 */
#ifndef LILY_BASE_BUILD_H
#define LILY_BASE_BUILD_H

#include "base/str.h"

/* The bytes of the build id of the file that this code was loaded from; empty where it has none. */
struct str build_id(void);

#endif
