/* The mean of whole numbers, rounded towards zero. */
#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
	long long sum = 0;

	if (argc < 2) {
		fputs("mean: no numbers\n", stderr);
		return 2;
	}

	for (int i = 1; i < argc; i++)
		sum += atoll(argv[i]);
	printf("%lld\n", sum / (argc - 1));
	return 0;
}
