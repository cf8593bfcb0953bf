#ifndef SURVEYING_H
#define SURVEYING_H

#include "gbn_survey.h"

/*
 * surveying - the tree "r" in the scratch directory, looked at again for the manifest "m0". For .init and
 * .fini, which check that no thread and no descriptor is left. What fails here fails the test.
 */
extern gbn_survey_options surveying; /* of the next; its stored_size is to be set */
extern gbn_survey *surveyed;         /* the last; freed before the next is made, and at the end */
extern gbn_error surveying_err;

void surveying_begin(void);
void surveying_end(void);

/* Make a survey; make and run one. */
void surveying_new(void);
gbn_status surveying_run(void);

#endif
