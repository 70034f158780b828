# Every command sets up what it needs first; what is there already is left alone.
.PHONY: run test setup serve check bench

run: setup        ## measure real photographs through the HTTP API and print what was found
	.venv/bin/python scripts/demonstrate.py

test: setup       ## check style, types and floors, and run every test
	scripts/install test
	scripts/sdk-environments
	scripts/postgresql
	scripts/chromium
	scripts/site
	scripts/check
	scripts/test

setup:            ## make the environment and fetch the networks
	scripts/install

serve: setup      ## serve until stopped (Ctrl-C)
	.venv/bin/mien serve --data .mien/data

check:            ## check style, types, floors and sizes
	scripts/install test
	scripts/check

bench: setup      ## time the documentation's example job, the durable POST and the reading of text
	.venv/bin/python bench/example_job.py
	.venv/bin/python bench/durable_post.py
	.venv/bin/python bench/sentences.py
	.venv/bin/python bench/faces.py
	.venv/bin/python bench/queue_rate.py
	.venv/bin/python bench/queue_delay.py
	.venv/bin/python bench/scale.py
