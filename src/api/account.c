#include "api/account.h"

#include <pwd.h>
#include <unistd.h>

struct str
account_name(struct arena *arena)
{
	const struct passwd *user = getpwuid(geteuid());

	return user ? arena_str(arena, str_of(user->pw_name))
		    : str_of(arena_printf(arena, "%u", (unsigned)geteuid()));
}
