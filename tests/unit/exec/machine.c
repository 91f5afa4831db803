/* What a machine offers: as far as it can be known in another way. */
#include "exec/machine.h"

#include "base/attr.h"

#include <linux/landlock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include <cmocka.h>

#define NAMESPACES                                                                          \
	(FEATURE_BIT(FEATURE_USER_NAMESPACES) | FEATURE_BIT(FEATURE_MOUNT_NAMESPACES) |     \
		FEATURE_BIT(FEATURE_PID_NAMESPACES) | FEATURE_BIT(FEATURE_NET_NAMESPACES) | \
		FEATURE_BIT(FEATURE_OVERLAY))

static void
test_without_a_lane_there_are_no_namespaces(void **state)
{
	struct policy_machine machine = {.features = ~0U};

	(void)state;
	machine_probe("/no/such/lane", &machine);
	assert_int_equal(machine.features & NAMESPACES, 0);
	assert_int_equal(machine.features & FEATURE_BIT(FEATURE_TRANSACTION), 0);
	assert_false(machine.accepts_s1);
}

static void
test_landlock_is_what_the_kernel_says(void **state)
{
	long abi =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct policy_machine machine;

	(void)state;
	machine_probe("/no/such/lane", &machine);
	assert_int_equal(machine.landlock, abi > 0 ? abi : 0);
	assert_int_equal(
		(machine.features & FEATURE_BIT(FEATURE_LANDLOCK)) != 0, machine.landlock > 0);
	assert_int_equal(machine.is_root, geteuid() == 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_lane_there_are_no_namespaces),
		cmocka_unit_test(test_landlock_is_what_the_kernel_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
