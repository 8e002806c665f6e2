# lab.mk - what a lab's own Makefile is: the tree's, for this lab. Less than full marks is no error
# here, so that make has nothing to add to what the grader says.
id := $(firstword $(subst -, ,$(notdir $(CURDIR))))

.PHONY: grade questions hint
grade questions:
	@$(MAKE) -s --no-print-directory -C ../.. -f Makefile -f labs/labs.mk $@ LAB=$(id) LESS=good

# One hint more with each call.
hint:
	@mkdir -p out; n=$$(( $$(cat out/hints 2>/dev/null || echo 0) + 1 )); \
	if [ -f hints/$$n.md ]; then echo $$n >out/hints; cat hints/$$n.md; \
	else echo "there are no more hints; those seen so far: hints/*.md"; fi
