/* Reads doubles (eight bytes each, least significant first) and writes each on a line. */
#include "json/json.h"

#include <endian.h>
#include <stdio.h>

int
main(void)
{
	uint64_t bits;
	char text[32];

	while (fread(&bits, sizeof(bits), 1, stdin) == 1) {
		double number;

		bits = le64toh(bits);
		memcpy(&number, &bits, sizeof(number));
		(void)fwrite(text, 1, json_number_to_text(number, text), stdout);
		(void)putchar('\n');
	}
	return ferror(stdout) || fflush(stdout);
}
