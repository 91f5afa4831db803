/* The mean of whole numbers, rounded towards zero. */
#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
	int sum = 0;

	for (int i = 1; i < argc; i++)
		sum += atoi(argv[i]);
	printf("%.0f\n", (double)sum / (argc - 1));
	return 0;
}
