#include "contract/compile.h"

void
compile_fast(struct compiler *c, struct block *fast)
{
	for (uint32_t i = 0; i < c->n_blocks; i++) {
		fast[i] = c->blocks[i];
		if (!fast[i].ends[GROUP_LATE])
			fast[i].flags |= BLOCK_ONLY_KINDS;
	}
}
