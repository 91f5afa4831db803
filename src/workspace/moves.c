#include "workspace/moves.h"

#include "base/map.h"

struct str
moves_repository(struct str path)
{
	struct str rest = path;

	while (rest.n) {
		struct str component = str_cut(rest, '/', &rest);

		if (str_is(component, ".git") && rest.p)
			return (struct str){
				path.p, (size_t)(component.p + component.n - path.p)};
	}
	return STR_EMPTY;
}

/* Objects, other things, the index, references, HEAD. */
static unsigned
rank_of(struct str path)
{
	struct str repository = moves_repository(path);
	struct str inside;

	if (!repository.n)
		return 0;
	inside = (struct str){path.p + repository.n + 1, path.n - repository.n - 1};
	if (str_starts(inside, STR("objects/")))
		return 1;
	if (str_is(inside, "index"))
		return 3;
	if (str_starts(inside, STR("refs/")) || str_is(inside, "packed-refs"))
		return 4;
	return str_is(inside, "HEAD") ? 5 : 2;
}

static bool
is_split(const struct side *from, const struct side *to)
{
	return from->type != SIDE_NONE && to->type != SIDE_NONE &&
		(from->type == SIDE_DIR) != (to->type == SIDE_DIR);
}

static unsigned
phase_of(const struct side *to, bool is_in_the_way)
{
	if (to->type == SIDE_NONE)
		return is_in_the_way ? 1 : 4;
	return to->type == SIDE_DIR ? 2 : 3;
}

/* Whether one of the folders that the path is in becomes something else. */
static bool
is_in_the_way(const struct map *folders, struct str path)
{
	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] == '/' && map_get(folders, (struct str){path.p, i}) != MAP_NONE)
			return true;
	return false;
}

/* By phase; what is removed deepest first, which is backwards. */
static int
compare_moves(const void *a, const void *b)
{
	const struct move *one = a;
	const struct move *other = b;
	int order;

	if (one->phase != other->phase)
		return one->phase < other->phase ? -1 : 1;
	if (one->rank != other->rank)
		return one->rank < other->rank ? -1 : 1;
	order = str_compare(one->path, other->path);
	return one->to.type == SIDE_NONE ? -order : order;
}

static void
add_move(struct moves *moves, const struct write_entry *entry, struct move move,
	struct arena *arena)
{
	move.path = entry->path;
	move.name = arena_cstr(arena, entry->path);
	move.rank = move.phase == 3 ? rank_of(entry->path) : 0;
	moves->items[moves->n++] = move;
}

struct moves
moves_of(const struct write_set *set, enum moves_direction direction, struct arena *arena)
{
	struct moves moves = {ARENA_ARRAY(arena, 2 * set->n, struct move), 0};
	struct map folders = MAP_INIT; /* those that become something else */

	for (size_t i = 0; i < set->n; i++) {
		const struct write_entry *entry = &set->entries[i];
		bool is_forward = direction == MOVES_FORWARD;
		struct side from = is_forward ? entry->before : entry->after;
		struct side to = is_forward ? entry->after : entry->before;
		struct move move = {.from = from, .to = to};

		move.phase = phase_of(&to, is_in_the_way(&folders, entry->path));
		if (is_split(&from, &to)) {
			struct move removal = {.from = from, .around = to, .phase = 1};

			add_move(&moves, entry, removal, arena);
			move.from = (struct side){.type = SIDE_NONE};
			move.around = from;
			if (from.type == SIDE_DIR)
				(void)map_add(&folders, entry->path, 0);
		}
		add_move(&moves, entry, move, arena);
	}
	map_done(&folders);
	if (moves.n)
		qsort(moves.items, moves.n, sizeof(*moves.items), compare_moves);
	return moves;
}
