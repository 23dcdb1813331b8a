//! What a process is made with beyond the ordinary: the handles that it inherits, and its job.

#![allow(unsafe_code)]

use std::io;
use std::marker::PhantomData;
use std::os::windows::io::BorrowedHandle;
use std::ptr;

use windows_sys::Win32::System::Threading::{
    DeleteProcThreadAttributeList, InitializeProcThreadAttributeList, LPPROC_THREAD_ATTRIBUTE_LIST,
    PROC_THREAD_ATTRIBUTE_HANDLE_LIST, PROC_THREAD_ATTRIBUTE_JOB_LIST, UpdateProcThreadAttribute,
};

use super::super::raw::check;

/// The list of attributes. The system keeps pointers to what it was given.
pub(super) struct Attributes<'a> {
    /// In words, for its alignment.
    list: Vec<usize>,
    handles: PhantomData<&'a [BorrowedHandle<'a>]>,
}

impl<'a> Attributes<'a> {
    /// The process inherits `handles` and nothing else, and is in `job`, if there is one, before
    /// it is anything.
    pub(super) fn new(
        handles: &'a [BorrowedHandle<'a>],
        job: &'a [BorrowedHandle<'a>],
    ) -> io::Result<Attributes<'a>> {
        const COUNT: u32 = 2;
        let mut bytes = 0;
        // SAFETY: without a list this only tells the size, as an error.
        unsafe { InitializeProcThreadAttributeList(ptr::null_mut(), COUNT, 0, &mut bytes) };
        let mut list = vec![0; bytes.div_ceil(size_of::<usize>())];
        // SAFETY: the list has the size that was asked for.
        check(unsafe {
            InitializeProcThreadAttributeList(list.as_mut_ptr().cast(), COUNT, 0, &mut bytes)
        })?;
        let mut attributes = Attributes {
            list,
            handles: PhantomData,
        };
        attributes.set(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles)?;
        if !job.is_empty() {
            attributes.set(PROC_THREAD_ATTRIBUTE_JOB_LIST, job)?;
        }
        Ok(attributes)
    }

    fn set(&mut self, attribute: u32, handles: &'a [BorrowedHandle<'a>]) -> io::Result<()> {
        // SAFETY: the list is initialised; a borrowed handle is a handle in memory, and the
        // borrow lasts as long as the list does.
        check(unsafe {
            UpdateProcThreadAttribute(
                self.pointer(),
                0,
                attribute as usize,
                handles.as_ptr().cast(),
                size_of_val(handles),
                ptr::null_mut(),
                ptr::null(),
            )
        })
    }

    /// For the call that makes the process.
    pub(super) fn pointer(&mut self) -> LPPROC_THREAD_ATTRIBUTE_LIST {
        self.list.as_mut_ptr().cast()
    }
}

impl Drop for Attributes<'_> {
    fn drop(&mut self) {
        // SAFETY: the list is initialised.
        unsafe { DeleteProcThreadAttributeList(self.pointer()) };
    }
}
