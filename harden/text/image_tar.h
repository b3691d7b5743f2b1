// SPDX-License-Identifier: Apache-2.0
/*
 * A layer that is a tar archive, with the whiteouts that stand in it as names: ".wh.NAME" takes NAME
 * away, ".wh..wh..opq" what the layers below have in its directory; other names that begin with
 * ".wh..wh." are an old driver's own and mean nothing.
 *
 * Facts: OCI image-spec layer.md; moby pkg/archive/whiteouts.go.
 */
#pragma once

#include "harden/text/archive.h"
#include "harden/text/image_layer.h"

/* Reads all of it. Errors: as tar_open(), image_layer_add(). */
int image_tar_read(const char *name, struct byte_source source, struct archive_budget *budget,
		   struct image_layer **ret_layer, struct error *err);
