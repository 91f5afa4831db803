load setup.bash

@test "docs/validate.md: every command prints what the page says" {
	python3 "$TESTS_DIR/page.py" "$SOURCE_DIR/docs/validate.md"
}

@test "the page is compared, not only run" {
	sed 's/✓ good.json: valid/✓ good.json: fine/' "$SOURCE_DIR/docs/validate.md" >page.md
	wont cmp -s page.md "$SOURCE_DIR/docs/validate.md"
	wont python3 "$TESTS_DIR/page.py" page.md
}

@test "docs/loop.md: likewise, in a copy of the example" {
	cp -r "$SOURCE_DIR/examples/fix-defect/." .
	python3 "$TESTS_DIR/page.py" "$SOURCE_DIR/docs/loop.md"
}
