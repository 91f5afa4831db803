/*
 * frame: which schemas there are in the documents of a collection, and what their names are.
 *
 * A document is read once, from its root down, wherever its dialect says that a schema stands. Each
 * schema becomes a node; each "$id" opens a resource, which is what a URI without a fragment names;
 * "$anchor" and its kin name a node inside of a resource. A reference is a URI and gives a node; one
 * that points with a JSON Pointer to a place where no keyword has a schema makes a node there.
 *
 * Node 0, resource 0 and document 0 stand for nothing.
 */
#ifndef LILY_CONTRACT_FRAME_H
#define LILY_CONTRACT_FRAME_H

#include "base/map.h"
#include "contract/keyword.h"

/* Of a URI in a message: both of a reference, and an excerpt, have to have room in it. */
#define FRAME_URI_SHOWN 100

#define FRAME_NONE 0

struct dialect {
	enum draft draft;
	unsigned vocabularies;
};

struct document {
	struct str uri;
	const struct value *root;
	const struct source *source;
};

struct resource {
	struct str uri; /* absolute as far as its document's is, no fragment */
	uint32_t node;  /* of its root */
	uint32_t document;
	uint32_t later; /* of the same URI, where this one's document could not be read; 0 */
};

struct node {
	const struct value *value;
	uint32_t resource;
	uint32_t parent; /* the schema around it; 0 at a document's root */
	struct dialect dialect;
	struct str
		keyword; /* in the parent: "properties"; of a node found by pointer: all of it */
	struct str key;  /* in the keyword's value; p NULL where it has none */
	uint32_t index;  /* likewise, of an array; NO_INDEX */
};

struct anchor {
	struct str name;
	uint32_t resource;
	uint32_t node;
	bool is_dynamic;
	uint32_t next; /* of the same name in another resource; NO_INDEX */
};

struct frame {
	struct arena arena;
	struct document *documents;
	size_t n_documents, documents_capacity;
	struct resource *resources;
	size_t n_resources, resources_capacity;
	struct node *nodes;
	size_t n_nodes, nodes_capacity;
	struct anchor *anchors;
	size_t n_anchors, anchors_capacity;
	struct map by_uri;    /* resources */
	struct map by_name;   /* the first anchor of a name */
	uint32_t *by_value;   /* nodes by the address of their value; open addressing */
	size_t by_value_size; /* a power of two */
	uint32_t builtins_being_read;
};

/* The name under which "$recursiveAnchor" is kept: no plain name has a space. */
#define RECURSIVE_ANCHOR STR(" recursive")

void frame_init(struct frame *frame);
void frame_done(struct frame *frame);

/* Adds a document, which is borrowed with its source. ERR_INVALID where its URI or one of an "$id"
 * inside is taken, or "$schema" is unknown; `otherwise` is the draft where there is no "$schema". */
int frame_add(struct frame *frame, struct str uri, const struct value *root,
	const struct source *source, enum draft otherwise, struct err *err);

/* The node that a URI names; built-in meta-schemas are read when first asked for. ERR_NOT_FOUND,
 * ERR_INVALID. *ret_anchor, if asked for: the anchor that the fragment was, or NO_INDEX. */
int frame_find(struct frame *frame, struct str uri, uint32_t *ret_node, uint32_t *ret_anchor,
	struct err *err);

/* The node of a schema, FRAME_NONE where none was seen at that value. */
uint32_t frame_node_of(const struct frame *frame, const struct value *value);

/* The dynamic anchor of that name in a resource: its node, or FRAME_NONE. */
uint32_t frame_dynamic_anchor(const struct frame *frame, uint32_t resource, struct str name);

/* The resource's URI, "#", and the pointer of the node inside of it. */
void frame_write_location(const struct frame *frame, uint32_t node, struct buf *b);

const struct source *frame_source(const struct frame *frame, uint32_t node);

/* Sets ERR_INVALID at a value in the node's document: place, and the schema's location. */
int frame_error(const struct frame *frame, uint32_t node, const struct value *at,
	struct err *err, const char *format, ...) ATTR_PRINTF(5, 6);

/* What frame_read.c and frame_find.c share. */
uint32_t frame_new_node(struct frame *frame, const struct node *node);
int frame_read(
	struct frame *frame, uint32_t document, struct dialect otherwise, struct err *err);
int frame_read_part(struct frame *frame, const struct value *value, uint32_t around,
	struct str pointer, struct err *err);
int frame_read_builtin(struct frame *frame, struct str uri, struct err *err);

#endif
