/*
 * lily/error.h: why something could not be done, and which lily this is.
 */
#ifndef LILY_ERROR_H
#define LILY_ERROR_H

#if defined(__GNUC__)
#define LILY_API __attribute__((visibility("default")))
#else
#define LILY_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum lily_error_code {
	LILY_ERROR_SYSTEM =
		-1, /* the operating system or the store refused; see system_errno */
	LILY_ERROR_NOT_FOUND = -2, /* what was named does not exist */
	LILY_ERROR_INVALID = -3,   /* data or arguments break their rules */
	LILY_ERROR_DENIED = -4,    /* a policy or a lock forbids it */
	LILY_ERROR_CORRUPT = -5,   /* stored data is not what was stored */
	LILY_ERROR_LIMIT = -6,     /* a stated bound was reached */
	LILY_ERROR_POLICY = -7     /* what a policy says cannot be held here */
};

#define LILY_ERROR_MESSAGE_SIZE 1024

struct lily_error {
	int code;                              /* an enum lily_error_code */
	int system_errno;                      /* 0 where none is behind it */
	char message[LILY_ERROR_MESSAGE_SIZE]; /* for people; may have several lines */
};

/* "0.1.0". */
LILY_API const char *lily_version(void);

/* Releases memory that lily handed out as text or bytes; NULL is fine. */
LILY_API void lily_free(void *memory);

#ifdef __cplusplus
}
#endif

#endif
