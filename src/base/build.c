#include "base/build.h"

#include <elf.h>
#include <link.h>
#include <stdint.h>

struct search {
	uintptr_t here; /* an address of the code */
	struct str id;
};

static size_t
padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* The notes of a segment: a head, a name and a description each, padded to four bytes (elf(5)). */
static struct str
find_note(const char *notes, size_t n)
{
	ElfW(Nhdr) head;

	while (n >= sizeof(head)) {
		size_t name;
		size_t size;

		memcpy(&head, notes, sizeof(head));
		name = padded(head.n_namesz);
		size = sizeof(head) + name + padded(head.n_descsz);
		if (name > n || size > n)
			break;
		if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == sizeof("GNU") &&
			memcmp(notes + sizeof(head), "GNU", sizeof("GNU")) == 0)
			return (struct str){notes + sizeof(head) + name, head.n_descsz};
		notes += size;
		n -= size;
	}
	return STR_EMPTY;
}

static bool
holds(const struct dl_phdr_info *file, uintptr_t address)
{
	for (unsigned i = 0; i < file->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &file->dlpi_phdr[i];
		uintptr_t start = (uintptr_t)(file->dlpi_addr + part->p_vaddr);

		if (part->p_type == PT_LOAD && address >= start &&
			address - start < part->p_memsz)
			return true;
	}
	return false;
}

static int
look_at(struct dl_phdr_info *file, size_t size, void *context)
{
	struct search *search = context;

	(void)size;
	if (!holds(file, search->here))
		return 0;
	for (unsigned i = 0; !search->id.n && i < file->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &file->dlpi_phdr[i];

		/* The linker's own addresses are numbers, not pointers. */
		if (part->p_type == PT_NOTE)
			search->id = find_note(
				(const char *)(uintptr_t)(file->dlpi_addr + part->p_vaddr),
				part->p_memsz);
	}
	return 1;
}

struct str
build_id(void)
{
	struct search search = {.here = (uintptr_t)build_id, .id = STR_EMPTY};

	(void)dl_iterate_phdr(look_at, &search);
	return search.id;
}
