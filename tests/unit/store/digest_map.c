#include "fixture.h"

#include "store/digest_map.h"
#include "store/handle.h"

#define KEYS 2000

/* Few distinct hashes, so that runs of slots are long and removal has to move entries. */
static struct digest
key_of(unsigned i)
{
	struct digest key = {{0}};

	key.bytes[0] = (uint8_t)(i % 7);
	key.bytes[20] = (uint8_t)i;
	key.bytes[21] = (uint8_t)(i >> 8);
	return key;
}

static void
test_against_a_model(void **state)
{
	struct digest_map map = DIGEST_MAP_INIT;
	static uint64_t model[KEYS];
	uint64_t random = 88172645463325252ULL;
	size_t used = 0;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		unsigned i;
		struct digest key;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		i = (unsigned)(random >> 32) % KEYS;
		key = key_of(i);
		if (random % 5 < 3) {
			used += !model[i];
			model[i] = round + 1;
			digest_map_set(&map, &key, round + 1);
		} else {
			used -= model[i] != 0;
			model[i] = 0;
			digest_map_remove(&map, &key);
		}
		assert_int_equal(map.used, used);
	}
	for (unsigned i = 0; i < KEYS; i++) {
		struct digest key = key_of(i);

		assert_int_equal(digest_map_get(&map, &key), model[i]);
	}
	digest_map_done(&map);
}

/* More objects than the tail holds: they are found in the table, before and after a reopening, and
 * none is put twice. */
static void
test_index_is_merged(void **state)
{
	enum { N = 20000 };
	struct fixture *f = *state;
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	int64_t mark = 0;
	int64_t rows = 0;
	char text[32];

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < N; i++) {
			(void)snprintf(text, sizeof(text), "object %u", i);
			(void)put(f, text);
		}
		reopen(f);
	}
	for (unsigned i = 0; i < N; i += 997) {
		AUTO_BUF struct buf bytes = BUF_INIT(64);
		struct digest digest;

		(void)snprintf(text, sizeof(text), "object %u", i);
		digest_of(text, strlen(text), &digest);
		must(object_get(f->store, &digest, &bytes, &f->err));
		assert_string_equal(buf_cstr(&bytes), text);
	}
	(void)expect_sound(f, FSCK_OBJECT_BYTES);
	must(reader_lease(f->store, &lease, &f->err));
	must(db_query_int(lease.db, "SELECT count(*) FROM objects", &rows, &f->err));
	must(db_query_int(lease.db, "SELECT value FROM meta", &mark, &f->err));
	assert_int_equal(rows, N);
	assert_true(mark >= 16384 && mark <= N);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_a_model),
		cmocka_unit_test_setup_teardown(
			test_index_is_merged, fixture_open, fixture_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
