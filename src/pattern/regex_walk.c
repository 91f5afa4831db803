#include "pattern/regex.h"

bool
regex_walk_next(struct regex_walk *walk)
{
	if (!walk->node) {
		walk->node = walk->root;
	} else if (!walk->leaving && walk->node->first) {
		walk->node = walk->node->first;
	} else if (!walk->leaving) {
		walk->leaving = true;
	} else if (walk->node == walk->root) {
		return false;
	} else if (walk->node->next) {
		walk->node = walk->node->next;
		walk->leaving = false;
	} else {
		walk->node = walk->node->parent;
	}
	return true;
}
