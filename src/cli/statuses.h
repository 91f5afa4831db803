/*
 * statuses: the exit codes that commands of a kind have in common, beside 0 and 2; ended by 0.
 */
#ifndef LILY_CLI_STATUSES_H
#define LILY_CLI_STATUSES_H

/* A run is driven or waited for. */
extern const int statuses_of_driving[];
/* Something is looked at that may not be there. */
extern const int statuses_of_reading[];

#endif
