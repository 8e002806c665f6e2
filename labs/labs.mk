# labs.mk - the labs: built and graded, for students; checked and packed, for authors.
#
# Included by the Makefile; where it is not, make -f Makefile -f labs/labs.mk does the same.
ifndef labs_mk
labs_mk := 1

lab_dir  := $(patsubst %/,%,$(filter %/,$(wildcard labs/$(LAB)-*/)))
lab_tool := $(call obj,$(filter-out labs/tool/lab_test.c,$(wildcard labs/tool/*.c)))
lab_all  := $(sort $(foreach d,$(wildcard labs/[0-9]*-*/lab.toml),$(firstword $(subst -, ,$(patsubst labs/%,%,$(d))))))

$(BUILD)/lab: $(lab_tool) $(call obj,src/base/bytes.c src/base/rng.c)
	$(CC) $(LDFLAGS) $^ -ljansson -lm -o $@

ifneq ($(lab_dir),)
# The unit tests of one lab, one program, over the student's own objects. The simulated disk is all
# that they need of the simulator, and src/copy of what talks to a kernel.
lab_disk := $(call obj,$(addprefix sim/,disk.c disk_world.c content.c inode.c survival.c))
lab_copy := $(call obj,$(wildcard src/copy/*.c))
$(BUILD)/$(lab_dir)/tests/all: $(call obj,$(wildcard $(lab_dir)/tests/*.c)) $(call obj,labs/tool/lab_test.c tests/unit/fake_world.c) $(lab_disk) $(lab_copy) $(BUILD)/libodradek.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $^ $(LIBS) -o $@

.PHONY: lab-unit
lab-unit: $(BUILD)/$(lab_dir)/tests/all
endif

# What tests run; a measure lab's key runs `odradek bench`, too.
.PHONY: lab-sim
lab-sim: $(BUILD)/odradek-sim $(if $(shell grep -s '^kind = "measure"' $(lab_dir)/lab.toml),$(BUILD)/odradek)

# GRADE="--stop --json FILE" and the like are given on.
.PHONY: grade questions labs labs-update handout
grade: ## one lab: make grade LAB=12, or make grade in its folder
	@$(MAKE) -s BUILD=$(BUILD) -f Makefile -f labs/labs.mk $(BUILD)/lab
	@MAKEFLAGS= $(BUILD)/lab grade $(LAB) --build $(BUILD) $(GRADE) || [ $$?$(LESS) = 1good ]

questions: ## the questions of a predict or measure lab: make questions LAB=14
	@$(MAKE) -s BUILD=$(BUILD) -f Makefile -f labs/labs.mk $(BUILD)/lab lab-sim
	@MAKEFLAGS= $(BUILD)/lab questions $(LAB) --build $(BUILD) $(GRADE)

labs: ## the grader, graded, and the commands in READMEs: each lab's, or make labs LAB=12
	@sh tests/deps.sh labs
	@$(MAKE) -s -j2 all $(BUILD)/lab $(BUILD)/book-tool
	@status=0; sh labs/tool/test.sh $(BUILD)/lab || status=1; \
	MAKEFLAGS= sh labs/tool/matrix.sh $(BUILD) $(or $(LAB),$(lab_all)) || status=1; exit $$status

labs-update: ## what commands print now, written into labs' READMEs: make labs-update LAB=12
	@sh tests/deps.sh labs
	@$(MAKE) -s -j2 all $(BUILD)/lab $(BUILD)/book-tool
	@UPDATE=1 MAKEFLAGS= sh labs/tool/matrix.sh $(BUILD) $(or $(LAB),$(lab_all))

# What an author writes for labs, compiled.
.PHONY: lab-objects
lab-objects: $(call obj,$(wildcard labs/*/tests/*.c) labs/tool/lab_test.c)

LAB_VERSION ?= $(shell git describe --tags --always 2>/dev/null || echo dev)
handout: $(BUILD)/lab ## the students' tarballs, each tried: make handout LAB=12
	@status=0; for id in $(or $(LAB),$(lab_all)); do \
		MAKEFLAGS= $(BUILD)/lab handout $$id --build $(BUILD) --version $(LAB_VERSION) || status=1; done; exit $$status

endif
