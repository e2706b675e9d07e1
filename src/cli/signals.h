/* signals.h - SIGINT, SIGTERM and SIGHUP become a number that the layers below look at.
 *
 * Before signals_catch() the signals end the program, which is right as long as nothing has been
 * written. After it the first one asks for an orderly end; a SIGINT after that ends the program at
 * once, with status 128 + SIGINT. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

/* Start to catch them (a signal that was ignored from the start, as by nohup, stays ignored). */
void signals_catch(void);

/* This file goes when a second SIGINT ends the program, until signals_keep() with the same pointer.
 * NULL: nothing. More files than any command has are forgotten. */
void signals_remove(const char *path);
void signals_keep(const char *path);

/* 0, or the number of the first signal that came. */
const volatile int *signals_stop(void);

/* "SIGINT" */
const char *signals_name(int signo);

#endif
