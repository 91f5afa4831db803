/*
 * layer: the kernel's overlay over one folder, for the lane's own files only
 * (Documentation/filesystems/overlayfs.rst).
 *
 *	what is written → upper
 *	what is seen    = upper, over `over` if there is one, over the folder itself
 *
 * Its attributes are user.overlay.*, which an ordinary user may set and no step can: the overlay keeps them to
 * itself. Neither redirect_dir nor metacopy is in use, so that the layer holds what it stands for, and nothing
 * in it leads elsewhere. Nothing waits for the disk: whoever keeps the layer reads it and stores what he keeps. That is
 * why the kernel takes each `work` once only.
 *
 * What lies below has to stay as it is while it is mounted; whoever starts the lane sees to that.
 */
#ifndef LILY_SANDBOX_LAYER_H
#define LILY_SANDBOX_LAYER_H

#include "sandbox/walls.h"

/* In a mount namespace of the lane's own. *ret_view: the folder as it is seen from now on, a directory for
 * reading. The message has the kernel's own words where it gives any. */
int layer_mount(const struct wall_layer *layer, int *ret_view, struct err *err);

#endif
