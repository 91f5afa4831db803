/*
 * network: what a lane makes of its network namespace, for the lane's own files only: the loopback
 * device, and the sockets that it listens on for lily.
 */
#ifndef LILY_SANDBOX_NETWORK_H
#define LILY_SANDBOX_NETWORK_H

#include "sandbox/walls.h"

/* Brings the loopback device up and listens where the walls say. ret_sockets has room for
 * WALLS_LISTENERS_MAX; what it holds afterwards is the caller's, in the order of the listeners. Before
 * capabilities are given up: CAP_NET_ADMIN for addresses, CAP_NET_BIND_SERVICE for low ports. */
int network_build(const struct walls *walls, int *ret_sockets, struct err *err);

/* The lines of hosts(5) for this machine and the listeners that have a name. */
void network_write_names(const struct walls *walls, struct buf *b);

#endif
